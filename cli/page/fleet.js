// The report page of a fleet: shows the decisions of the chosen cluster in its region's map and table.

for (const section of document.querySelectorAll('.region')) {
  const block = section.querySelector('.facts');
  if (block !== null) enliven(section, JSON.parse(block.textContent));
}

for (const link of document.querySelectorAll('[data-cluster]'))
  link.addEventListener('click', () => {
    const title = document.querySelector(link.getAttribute('href'));
    const choice = title.closest('.region').querySelector('[name=cluster]');
    if (choice === null) return;
    choice.value = link.dataset.cluster;
    choice.dispatchEvent(new Event('input', { bubbles: true }));
  });

function enliven(section, { texts, states, clusters }) {
  const rows = [...section.querySelectorAll('.decisions tbody tr')];
  const marks = new Map();
  for (const cell of section.querySelectorAll('.type'))
    marks.set(cell.querySelector('title').textContent.split(' · ')[0], cell);

  // Before the table's own listener, which then counts what is shown here.
  section.querySelector('[name=cluster]').addEventListener('input', ({ target }) => {
    const chosen = clusters[target.value];
    for (const [index, row] of rows.entries()) {
      const [action, mark, outcome, until, reason, problem, isChange, isBad] = states[chosen.states[index]];
      const state = {
        ...{ action: texts[action], mark: texts[mark], outcome: texts[outcome], until: texts[until] },
        ...{ reason: texts[reason], problem: texts[problem], nodes: chosen.nodes[index] ?? 0 },
      };
      row.className = isChange ? 'change' : state.action === 'none' ? 'calm' : '';
      row.classList.toggle('notable', state.nodes > 0 || state.action === 'spare');
      showRow(row, state, isBad);
      const cell = marks.get(row.querySelector('th').textContent);
      if (cell !== undefined) showCell(cell, state);
    }
  });
}

function showRow(row, { action, mark, outcome, until, reason, problem, nodes }, isBad) {
  const cell = (name) => row.querySelector(`.${name}`);
  cell('action').replaceChildren(...inlineMark(mark), action);
  cell('until').textContent = until || '–';
  cell('until').dataset.v = until;
  cell('reason').replaceChildren(reason, ...strong(problem));
  if (cell('nodes') !== null) {
    cell('nodes').textContent = nodes || '–';
    cell('nodes').dataset.v = nodes;
  }
  if (cell('outcome') !== null) {
    cell('outcome').textContent = outcome || '–';
    cell('outcome').classList.toggle('bad', isBad === 1);
  }
}

function showCell(cell, { action, mark }) {
  cell.querySelector('use').setAttribute('href', `#mark-${mark}`);
  const title = cell.querySelector('title');
  const what = action === 'none' && mark === 'others' ? 'blacklisted by another owner' : action;
  title.textContent = [...title.textContent.split(' · ').slice(0, -1), what].join(' · ');
}

function inlineMark(name) {
  const known = document.querySelector(`.legend use[href="#mark-${CSS.escape(name)}"]`);
  return known === null ? [] : [known.parentElement.cloneNode(true)];
}

function strong(text) {
  if (text === '') return [];
  const element = document.createElement('strong');
  element.textContent = text;
  return [' ', element];
}
