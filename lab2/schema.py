"""What a table of measurements has: columns, units and bounds.

A row is one tumour. Ten measures of its cells' nuclei, each as mean, standard error and mean of the three
largest, and the diagnosis (Street, Wolberg and Mangasarian 1993, SPIE 1905; the UCI repository's "Breast
Cancer Wisconsin (Diagnostic)"). Lengths and areas were published without a unit.
"""

# name: unit, and a bound that no real nucleus comes near: about ten times the largest of the 569 known
MEASURES = {
    "radius": ("length", 400.0),
    "texture": ("grey value", 500.0),
    "perimeter": ("length", 2500.0),
    "area": ("area", 50000.0),
    "smoothness": ("1", 2.0),
    "compactness": ("1", 10.0),
    "concavity": ("1", 12.0),
    "concave_points": ("1", 3.0),
    "symmetry": ("1", 6.0),
    "fractal_dimension": ("1", 2.0),
}
STATISTICS = ("mean", "se", "worst")
UNITS = {f"{name}_{kind}": unit for kind in STATISTICS for name, (unit, _) in MEASURES.items()}
BOUNDS = {f"{name}_{kind}": high for kind in STATISTICS for name, (_, high) in MEASURES.items()}
DIAGNOSIS = "diagnosis"
DIAGNOSES = {"benign": 0, "B": 0, "malignant": 1, "M": 1}  # as written out, and as in the public CSVs
LABEL = "malignant"  # 0 or 1, after preprocessing
SIZE = "size"  # of a tumour among those of train, for looking at each kind apart
SIZES = ("small", "middle", "large")
