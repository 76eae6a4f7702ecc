"""Lab5 as students hand it in: EXAMPLES[name].write(folder), .points of 20, .stands_for."""

from common.tests.submissions.lab5 import bad, honest, styles, unreadable

EXAMPLES = honest.EXAMPLES | styles.EXAMPLES | bad.EXAMPLES | unreadable.EXAMPLES
