"""Hand-made cases for every static family."""

from tests.scoring.catalogue import headers, issues, localize, markers, obeyed, odd_files, patches, texts

CASES = [
    *(*localize.CASES, *markers.CASES, *issues.CASES, *patches.CASES),
    *(*texts.CASES, *odd_files.CASES, *headers.CASES, *obeyed.CASES),
]
