"""What the model knows of a passenger: names, units, allowed ranges, and how words become numbers.

The stages, the service and its page all take them from here; model.json repeats them, and a model that was
trained on others is refused.
"""

SEXES = {"male": 0.0, "female": 1.0}
PORTS = {"S": 0.0, "C": 1.0, "Q": 2.0}  # Southampton, where most came on board, Cherbourg, Queenstown
PORT_NAMES = {"S": "Southampton", "C": "Cherbourg", "Q": "Queenstown"}
OLDEST_YEARS = 120
MOST_RELATIVES = 20  # the largest family on board had 10
DEAREST_POUNDS = 1000  # the dearest ticket cost 512

# In the order of the model's columns. The column of the raw list is "raw"; lowest and highest are allowed.
FEATURES = [
    {"name": "class", "unit": "1, 2 or 3", "raw": "Pclass", "lowest": 1, "highest": 3},
    {"name": "sex", "unit": "0 male, 1 female", "raw": "Sex", "lowest": 0, "highest": 1},
    {"name": "age_years", "unit": "years", "raw": "Age", "lowest": 0, "highest": OLDEST_YEARS},
    {"name": "siblings_spouses", "unit": "people", "raw": "SibSp", "lowest": 0, "highest": MOST_RELATIVES},
    {"name": "parents_children", "unit": "people", "raw": "Parch", "lowest": 0, "highest": MOST_RELATIVES},
    {"name": "fare_pounds", "unit": "pounds of 1912", "raw": "Fare", "lowest": 0, "highest": DEAREST_POUNDS},
    {"name": "port", "unit": "0 S, 1 C, 2 Q", "raw": "Embarked", "lowest": 0, "highest": 2},
]
for feature in FEATURES:
    feature["type"] = "float32"
NAMES = [feature["name"] for feature in FEATURES]
MAY_BE_UNKNOWN = ("age_years", "port")  # the training list lacks them for some, so the model can do without
