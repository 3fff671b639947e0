// The report page's own script: it filters and sorts the tables of decisions. Without it they are just long.

const FIRST_ROWS = 100;

for (const section of document.querySelectorAll('.decisions')) enliven(section);

function enliven(section) {
  const form = section.querySelector('form');
  const body = section.querySelector('tbody');
  const rows = [...body.rows];
  const all = section.querySelector('button.all');
  let isOpen = rows.length <= FIRST_ROWS;

  const show = () => {
    const text = form.elements.text.value.trim().toLowerCase();
    const action = form.elements.action.value;
    const band = form.elements.band.value;
    let found = 0;
    for (const row of body.rows) {
      const fits =
        (text === '' || row.textContent.toLowerCase().includes(text)) &&
        (action === '' || row.querySelector('.action').textContent === action) &&
        (band === '' || row.querySelector('.band').textContent === band);
      if (fits) found += 1;
      row.classList.toggle('out', !fits);
      row.classList.toggle('more', fits && !isOpen && found > FIRST_ROWS);
    }
    form.querySelector('output').value =
      `${found.toLocaleString('en')} of ${rows.length.toLocaleString('en')} types`;
    section.querySelector('.none').hidden = found > 0;
    all.hidden = isOpen || found <= FIRST_ROWS;
    all.textContent = `Show all ${found.toLocaleString('en')}`;
  };

  for (const [column, head] of [...section.querySelectorAll('thead th')].entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const isUp = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of head.parentElement.children) other.setAttribute('aria-sort', 'none');
      head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
      rows.sort((a, b) => compare(a.cells[column], b.cells[column]) * (isUp ? 1 : -1));
      body.append(...rows);
      show();
    });
  }
  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => event.preventDefault());
  all.addEventListener('click', () => {
    isOpen = true;
    show();
  });
  form.hidden = false;
  show();
}

const collator = new Intl.Collator('en', { numeric: true });

function compare(a, b) {
  const [left, right] = [a, b].map((cell) => cell.dataset.v ?? cell.textContent);
  const [x, y] = [Number(left), Number(right)];
  return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(left, right) : x - y;
}
