// The report page's tables of decisions: folded to the changes, searched, filtered and sorted. Without it they are just long.

const FIRST_ROWS = 100;

const collator = new Intl.Collator('en', { numeric: true });

const inWords = (number) => number.toLocaleString('en');
const typeOf = (row) => row.querySelector('th').textContent;
const familyOf = (row) => typeOf(row).split('.')[0];
const bandOf = (row) => row.querySelector('.band').textContent;
// Several clusters can have several: `add 38, keep 2`.
const actionsOf = (row) => row.querySelector('.action').textContent.replaceAll(/ \d+/g, '').split(', ');
const classOf = (row) => row.dataset.class.split(' ');

for (const [index, section] of [...document.querySelectorAll('.decisions')].entries()) {
  enliven(section);
  remember(section.querySelector('form'), index === 0 ? '' : `${index}-`);
}
for (const table of document.querySelectorAll('table.sortable')) enlivenClusters(table);

/** Keeps a search and its filters in the address, so that it can be linked. */
function remember(form, prefix) {
  const known = new URLSearchParams(location.hash.slice(1));
  const fields = [...form.elements].filter(({ name }) => name);
  for (const field of fields) {
    const value = known.get(prefix + field.name);
    if (value !== null) field.value = value;
  }
  if (fields.some(({ name }) => known.has(prefix + name)))
    form.dispatchEvent(new Event('input', { bubbles: true }));
  form.addEventListener('input', () => {
    const address = new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
    for (const { name, value } of fields) {
      if (value === '' || value === '0') address.delete(prefix + name);
      else address.set(prefix + name, value);
    }
    history.replaceState(null, '', `#${address}`);
  });
}

/** The clusters of a fleet: sorted, and searched by any of their cells. */
function enlivenClusters(table) {
  const form = table.parentElement.previousElementSibling;
  const rows = [...table.tBodies[0].rows];
  const show = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    form.querySelector('output').value = `${inWords(shown)} of ${inWords(rows.length)} clusters`;
  };
  sortable(table, show);
  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  show();
}

function enliven(section) {
  const form = section.querySelector('form');
  const body = section.querySelector('tbody');
  const rows = [...body.rows];
  const words = vocabularyOf(rows);
  const all = section.querySelector('button.all');
  const none = section.querySelector('.none');
  let isOpen = false;

  const show = () => {
    const { text, action, band } = form.elements;
    const isWanted = searchFor(text.value, words);
    const isAsked = text.value.trim() !== '' || action.value !== '' || band.value !== '';
    const isFolded = !isOpen && !isAsked;
    let [found, shown] = [0, 0];
    for (const row of body.rows) {
      const fits =
        isWanted(row) &&
        (action.value === '' || actionsOf(row).includes(action.value)) &&
        (band.value === '' || bandOf(row) === band.value);
      const isShown =
        fits && (isOpen || shown < FIRST_ROWS) && (!isFolded || row.classList.contains('change'));
      found += fits;
      shown += isShown;
      row.classList.toggle('out', !fits);
      row.classList.toggle('more', fits && !isShown);
    }
    const changes = rows.filter((row) => row.classList.contains('change')).length;
    form.querySelector('output').value =
      `${inWords(isFolded ? changes : found)} of ${inWords(rows.length)} types${isFolded ? ' change' : ''}`;
    none.hidden = shown > 0;
    none.textContent = found > 0 ? 'Nothing changes.' : 'No type fits.';
    all.hidden = shown === found;
    all.textContent = `Show all ${inWords(found)} types`;
  };

  sortable(section, show);
  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => event.preventDefault());
  all.addEventListener('click', () => {
    isOpen = true;
    show();
  });
  form.hidden = false;
  show();
}

/** Makes the heads of a table sort its rows. */
function sortable(section, afterwards) {
  const body = section.querySelector('tbody');
  for (const [column, head] of [...section.querySelectorAll('thead th')].entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const isUp = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of head.parentElement.children) other.setAttribute('aria-sort', 'none');
      head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
      const rows = [...body.rows];
      rows.sort((a, b) => compare(a.cells[column], b.cells[column]) * (isUp ? 1 : -1));
      body.append(...rows);
      afterwards();
    });
  }
}

/** What a word of the search can be, besides a glob or a part of a text. */
function vocabularyOf(rows) {
  return [familyOf, bandOf, actionsOf, classOf].map((of) => {
    return { of, known: new Set(rows.flatMap(of).map((word) => word.toLowerCase())) };
  });
}

/** Alternatives between commas; all words of one must fit. */
function searchFor(text, vocabulary) {
  const alternatives = text
    .toLowerCase()
    .split(',')
    .map((part) => part.split(/\s+/).filter(Boolean))
    .filter((part) => part.length > 0)
    .map((part) => part.map((word) => testFor(word, vocabulary)));
  return (row) => alternatives.length === 0 || alternatives.some((tests) => tests.every((fits) => fits(row)));
}

function testFor(word, vocabulary) {
  if (/[*?]/.test(word)) {
    const escaped = word.replaceAll(/[^\w*?]/g, '\\$&').replaceAll('?', '.');
    const [first, ...others] = escaped.split(/\*+/);
    const last = others.pop();
    // As in globs.ts: with a plain `.*` for each star, a search could take minutes.
    const between = others.map((part, index) => `(?=(.*?${part}))\\${index + 1}`).join('');
    const glob = new RegExp(`^${first}${between}${last === undefined ? '' : `.*?${last}`}$`);
    return (row) => glob.test(typeOf(row));
  }
  const exact = vocabulary.find(({ known }) => known.has(word));
  if (exact !== undefined) return (row) => [exact.of(row)].flat().some((one) => one.toLowerCase() === word);
  return (row) => `${row.textContent} ${row.dataset.class}`.toLowerCase().includes(word);
}

function compare(a, b) {
  const [left, right] = [a, b].map((cell) => cell.dataset.v ?? cell.textContent);
  const [x, y] = [Number(left), Number(right)];
  return Number.isNaN(x) || Number.isNaN(y) ? collator.compare(left, right) : x - y;
}
