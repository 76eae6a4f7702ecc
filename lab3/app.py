"""Shows the model of survival to people: one passenger, a table of them, the model's card.

    streamlit run lab3/app.py

It only asks the service, at LAB3_PAGE_SERVICE (http://127.0.0.1:8000); `bash lab3/serve.sh` starts both.
"""

import streamlit as st

import page_card
import page_person
import page_table

TABS = {"One passenger": page_person, "A table": page_table, "The model": page_card}


def main() -> None:
    st.set_page_config("Would you have survived?", page_icon="🚢", layout="wide")
    st.title("Would you have survived?")
    st.write("A model trained on the Titanic's passenger list answers. It is an exercise, not history.")
    for tab, page in zip(st.tabs(list(TABS)), TABS.values(), strict=True):
        with tab:
            # What changes in a tab draws this tab again, not a table of thousands beside it.
            st.fragment(page.show)()


if __name__ == "__main__":
    main()
