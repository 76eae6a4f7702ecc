"""Lab1 as students hand it in: EXAMPLES[name].write(folder), .points of 20, .stands_for."""

from common.tests.submissions import data, layouts, metrics, shells

EXAMPLES = layouts.EXAMPLES | shells.EXAMPLES | data.EXAMPLES | metrics.EXAMPLES
