"""A program that answers the questions that the modules of this package ask each other."""

from hgen.resolve.inference import annotations, calls, expressions, values
from hgen.resolve.program import Program


class TypedProgram(Program):
    """The program whose values have types: each question is answered by a function that takes the program first."""

    evaluate = expressions.evaluate
    value = values.value
    annotated = annotations.annotated
    type_arguments = annotations.type_arguments
    result_of = calls.result_of
