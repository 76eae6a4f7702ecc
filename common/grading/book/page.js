// Sorts the table by a click on a column's head, or by Enter; a second time the other way round.
for (const head of document.querySelectorAll("th button")) {
  head.addEventListener("click", () => {
    const column = head.parentElement.cellIndex;
    const body = head.closest("table").tBodies[0];
    const up = head.parentElement.getAttribute("aria-sort") !== "ascending";
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
    const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
    const rows = [...body.rows].sort((a, b) => compare(value(a), value(b)) * (up ? 1 : -1));
    for (const other of head.closest("tr").cells) other.removeAttribute("aria-sort");
    head.parentElement.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows);
  });
}
