"""What expressions, names, attributes and calls can be: types, inferred from the code.

The modules import each other in one direction only, from ``classes`` and ``names`` to ``expressions`` and ``values``;
what one needs of a later one, it asks the program, as ``program.evaluate(frame, expression)``. ``TypedProgram`` has the
answers.
"""
