"""What the page shows while the service is down, and how it comes back by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from page_service import RefusedError, ServiceError, ask

AGAIN_S = 2


@contextmanager
def asking() -> Iterator[None]:
    """Show in place of an answer why there is none; where that may pass, wait for it."""
    try:
        yield
    except RefusedError as error:
        st.error(f"The service does not take this: {error}.")
    except ServiceError as error:
        st.error(f"{error} This page tries again every {AGAIN_S} s.", icon=":material/power_off:")
        wait_for_service()


@st.fragment(run_every=AGAIN_S)
def wait_for_service() -> None:
    """Draw the page again as soon as the service answers."""
    try:
        ask("GET", "/readyz", tries=1)
    except ServiceError:
        return
    st.rerun()
