// The report page's maps: a cell chosen by mouse or keyboard is what the table below searches for.

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

for (const map of document.querySelectorAll('.map svg')) enliven(map);

function enliven(map) {
  const cells = [...map.querySelectorAll('.type')];
  // As a picture it would hide its parts from screen readers.
  map.setAttribute('role', 'group');
  for (const cell of cells) {
    cell.setAttribute('role', 'button');
    cell.setAttribute('tabindex', '-1');
  }
  // Only one of them can be reached by Tab; arrows lead to the others.
  cells[0]?.setAttribute('tabindex', '0');
  map.addEventListener('click', ({ target }) => {
    const cell = target.closest('.type');
    if (cell !== null) choose(cell);
  });
  map.addEventListener('keydown', (event) => {
    const cell = event.target.closest('.type');
    if (cell === null) return;
    const next = neighbour(cells, cell, event.key);
    if (next !== undefined) {
      cell.setAttribute('tabindex', '-1');
      next.setAttribute('tabindex', '0');
      next.focus();
    } else if (event.key === 'Enter' || event.key === ' ') choose(cell);
    else return;
    event.preventDefault();
  });
}

/** The nearest cell in a row or a column. */
function neighbour(cells, cell, key) {
  const [right, down] = DIRECTIONS[key] ?? [0, 0];
  const [x, y] = placeOf(cell);
  const steps = cells.map((other) => {
    const [left, top] = placeOf(other);
    const isInLine = right === 0 ? left === x : top === y;
    return { other, distance: isInLine ? (left - x) * right + (top - y) * down : 0 };
  });
  return steps.filter(({ distance }) => distance > 0).sort((a, b) => a.distance - b.distance)[0]?.other;
}

function placeOf(cell) {
  const { x, y } = cell.querySelector('rect');
  return [x.baseVal.value, y.baseVal.value];
}

function choose(cell) {
  const section = cell.closest('section').parentElement.querySelector('.table');
  const form = section.querySelector('form');
  const cluster = form.elements.cluster?.value;
  form.reset();
  if (cluster !== undefined) form.elements.cluster.value = cluster;
  form.elements.text.value = cell.querySelector('title').textContent.split(' · ')[0];
  form.dispatchEvent(new Event('input'));
  section.scrollIntoView();
  form.elements.text.focus({ preventScroll: true });
}
