"""Late binding between the modules of type inference, which are mutually recursive but must not import in circles.

They call the abstract methods of ``Program``; here these are bound to the functions that implement them.
"""

from hgen.resolve.inference import annotations, calls, expressions, values
from hgen.resolve.program import Program


class TypedProgram(Program):
    """The concrete ``Program``: each abstract method is a function of this package that takes the program first."""

    evaluate = expressions.evaluate
    value = values.value
    annotated = annotations.annotated
    type_arguments = annotations.type_arguments
    result_of = calls.result_of
