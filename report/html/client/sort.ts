/** Tables sorted by a press of a head, by mouse or keyboard. */

/** The heads are buttons already; screen readers hear the order from `aria-sort`. Calling it twice does nothing more. */
export function makeSortable(table: HTMLTableElement): void {
  if (table.dataset.sortable === 'on') return;
  table.dataset.sortable = 'on';
  const heads = [...table.querySelectorAll<HTMLTableCellElement>('thead th')];
  heads.forEach((head, column) => {
    head.querySelector('button')?.addEventListener('click', () => {
      const order = nextOrder(head);
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', order);
      sortBody(table, column, order);
    });
  });
}

/** Figures begin with the largest, words with A; a second press turns it around. */
function nextOrder(head: HTMLTableCellElement): 'ascending' | 'descending' {
  const first = head.classList.contains('figure') ? 'descending' : 'ascending';
  const second = first === 'ascending' ? 'descending' : 'ascending';
  return head.getAttribute('aria-sort') === first ? second : first;
}

function sortBody(table: HTMLTableElement, column: number, order: 'ascending' | 'descending'): void {
  const [body] = table.tBodies;
  if (!body) return;
  const sign = order === 'ascending' ? 1 : -1;
  const rows = [...body.rows].map((row) => ({ row, value: row.cells[column]?.dataset.value ?? '' }));
  rows.sort((a, b) => {
    // What is unknown stays at the end, either way.
    if (a.value === '' || b.value === '') return Number(a.value === '') - Number(b.value === '');
    const difference = Number(a.value) - Number(b.value);
    return sign * (Number.isNaN(difference) ? a.value.localeCompare(b.value) : difference);
  });
  body.append(...rows.map(({ row }) => row));
}
