// What scripts add to the guide: copy buttons, identify, decide, the way from a version, search. Every page is complete
// without them. No framework; asks nothing of another origin; works from a disk, where data comes in script elements.
'use strict';
(() => {
  const own = document.currentScript;
  const root = own.dataset.root || '';
  const tidings = window.tidings = window.tidings || { data: {} };
  const find = (selector, within = document) => within.querySelector(selector);

  // Data files are scripts that fill `tidings.data`: a page on a disk may not fetch.
  const load = name => tidings.data[name] ? Promise.resolve(tidings.data[name]) : new Promise((done, fail) => {
    const script = document.createElement('script');
    script.src = `${root}data/${name}.js`;
    script.onload = () => done(tidings.data[name]);
    script.onerror = () => fail(new Error(`${script.src} is missing`));
    document.head.append(script);
  });

  const make = (name, words, attributes = {}) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...[words].flat());
    return element;
  };
  const link = (words, path) => {
    const single = '#' + path.replace('.html', '').replace(/[/#]/g, '-');
    return make('a', words, { href: own.dataset.root === undefined ? single : root + path });
  };
  const commandLine = command => {
    const pre = make('pre', make('code', command), { class: 'command' });
    const wrapper = make('div', pre);
    copyable(pre);
    return wrapper;
  };

  function copyable(pre) {
    const button = make('button', 'Copy', { type: 'button' });
    const said = make('span', '', { 'aria-live': 'polite' });
    button.addEventListener('click', async () => {
      const done = await copy(pre.textContent.trim()) || select(pre);
      said.textContent = done === true ? ' Copied.' : ' Selected: copy it with your keyboard.';
      setTimeout(() => { said.textContent = ''; }, 4000);
    });
    const holder = make('div', [], { class: 'copied' });
    pre.replaceWith(holder);
    holder.append(pre, button, said);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* no clipboard here, or not allowed */ }
    const area = make('textarea', text, { 'aria-hidden': 'true' });
    document.body.append(area);
    area.select();
    try { return document.execCommand('copy'); } catch { return false; } finally { area.remove(); }
  }

  function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return 'selected';
  }

  // --- identify: the same rules as `tidings identify`

  const looksLikeVersion = word => /^v?\d+(\.\d+)*([-.+_a-z].*)?$/i.test(word);
  function readAnswer(text) {
    const trimmed = text.trim();
    if (!trimmed.startsWith('{')) {
      const word = (trimmed.split('\n')[0] || '').split(/\s+/).find(looksLikeVersion);
      const digest = trimmed.match(/sha256:[0-9a-f]{64}/);
      return { version: word && word.replace(/^v/, ''), digest: digest && digest[0] };
    }
    let tree;
    try { tree = JSON.parse(trimmed); } catch { return {}; }
    const maps = [];
    for (const queue = [tree]; queue.length;) {
      const node = queue.shift();
      if (node && typeof node === 'object') {
        if (!Array.isArray(node)) maps.push(node);
        queue.push(...Object.values(node));
      }
    }
    const fact = names => {
      for (const name of names) for (const map of maps) for (const [key, value] of Object.entries(map)) {
        if (key.toLowerCase() === name.toLowerCase() && typeof value !== 'object') return String(value);
      }
    };
    const version = fact(['version']);
    return { version: version && version.replace(/^v/, ''), digest: fact(['digest', 'image_digest', 'imageDigest']) };
  }

  const bare = version => version.replace(/^v/, '').replace(/\+.*$/, '').replace(/(\.0)+$/, '');
  const byVersion = (releases, version) => version && releases.rows.find(row => bare(row[0]) === bare(version));
  function identified(releases, answer) {
    const hex = answer.digest && (answer.digest.match(/sha256:([0-9a-f]{16})[0-9a-f]{48}$/) || [])[1];
    const named = byVersion(releases, answer.version);
    // The primary image's digest comes first; one of another image may be the same in several releases.
    const digests = row => row[1] ? row[1].split(' ') : [];
    const among = hex ? releases.rows.filter(row => digests(row).includes(hex)) : [];
    const byDigest = among.find(row => digests(row)[0] === hex) || (among.length === 1 ? among[0] : among.find(row => row === named));
    const row = byDigest || named;
    const disagree = (byDigest && answer.version && byDigest !== named) || (named && hex && named[1] && !digests(named).includes(hex));
    return { row, disagree };
  }
  const rollbackOf = (releases, row) => {
    const back = row[3] === null ? undefined : releases.rows[row[3]];
    return back && { version: back[0], command: releases.install.replace('@TAG@', () => releases.prefix + back[0]) };
  };
  const releasePath = row => `releases/${row[0]}.html`;

  // --- the version that runs here: kept on this device, told to nobody

  const kept = () => `tidings:${new URL(own.dataset.root === undefined ? '' : root || './', location.href).pathname}:version`;
  const remembered = () => { try { return localStorage.getItem(kept()); } catch { return null; } };
  const remember = version => {
    try {
      if (version) localStorage.setItem(kept(), version);
      else localStorage.removeItem(kept());
    } catch { /* a browser that keeps nothing: asked again next time */ }
  };
  async function mine() {
    const bar = find('[data-mine-bar]');
    const version = remembered();
    if (!bar || !version) {
      if (bar) bar.replaceChildren();
      return;
    }
    const releases = await load('releases');
    const row = byVersion(releases, version);
    if (!row) return;
    const status = releases.status[row[2]];
    const parts = ['You run ', link(row[0], releasePath(row)), ' ', make('span', status, { class: `pill ${status}` })];
    if (row[7]) parts.push(' ', link(`Upgrade`, `upgrade/${row[0]}.html`));
    const forget = make('a', 'Forget', { href: '#main', 'aria-label': `Forget that ${row[0]} runs here` });
    forget.addEventListener('click', event => { event.preventDefault(); remember(null); location.reload(); });
    bar.replaceChildren(...parts, ' ', forget);
    if (status === 'withdrawn' && !find('[data-withdrawn]')) {
      const target = row[7] ? [' Leave it: ', link('what to do', `upgrade/${row[0]}.html`), '.'] : [' Call us.'];
      find('main').prepend(make('p', [make('strong', `${row[0]}, which runs here, was withdrawn.`), ...target], { class: 'warning', role: 'status', 'data-withdrawn': '' }));
    }
    const here = find('[data-rollback]');
    const back = rollbackOf(releases, row);
    if (here && row[0] !== releases.latest) {
      find('[data-rollback-words]').textContent = back ? `From ${row[0]}, which runs here, this leads to ${back.version}.` : `No release earlier than ${row[0]} can be installed, so there is none to go back to.`;
      if (back) find('code', here).textContent = back.command;
      else here.closest('.copied').hidden = true;
      const undone = find('[data-not-undone]');
      if (undone) undone.replaceChildren(...row[6] ? ['Going back does not undo everything: see ', link(`the page of ${row[0]}`, releasePath(row)), '.'] : []);
      if (undone) undone.hidden = !row[6];
      const seen = find('[data-rollback-seen]');
      if (seen) seen.hidden = true;
    }
  }

  async function show(answer, out) {
      const releases = await load('releases');
      const { row, disagree } = identified(releases, answer);
      if (!row) {
        out.replaceChildren(make('p', answer.version || answer.digest
          ? `Nobody released ${answer.version || answer.digest}. Compare the digest with the list of digests, and call us if it is not there.`
          : 'There is neither a version nor a digest in this. Paste the whole answer.'));
        return;
      }
      remember(row[0]);
      const status = releases.status[row[2]];
      const parts = [make('h2', ['This is ', link(row[0], releasePath(row))])];
      if (disagree) {
        parts.push(make('p', make('strong', 'Version and digest disagree. Believe the digest, and tell us: the image that runs is not the one that the version names.'), { class: 'warning' }));
      }
      parts.push(make('p', [make('span', status, { class: `pill ${status}` }), row[5] ? `, released on ${row[5]}.` : '.']));
      if (row[4].length) {
        const { issues } = await load('issues');
        parts.push(make('p', 'Known issues:'), make('ul', row[4].map(at => make('li', [link(issues[at].id, issues[at].path), `: ${issues[at].title}`]))));
      } else {
        parts.push(make('p', 'No issue of it is known.'));
      }
      const back = rollbackOf(releases, row);
      if (back) parts.push(make('p', `To go back to ${back.version}:`), commandLine(back.command));
      else parts.push(make('p', 'There is no release to go back to.'));
      if (row[6]) parts.push(make('p', ['Going back does not undo everything: see ', link('its page', releasePath(row)), '.']));
      if (row[7]) parts.push(make('p', link(`What to do to get from ${row[0]} to ${releases.latest}`, `upgrade/${row[0]}.html`)));
      out.replaceChildren(...parts);
      await mine();
  }

  const forms = {
    identify: form => show(readAnswer(find('textarea', form).value), find('[data-identified]')),
    mine: form => show(readAnswer(find('input', form).value), find('[data-mined]')),

    decide: async form => {
      const out = find('[data-decided]');
      const [releases, known] = [await load('releases'), await load('issues')];
      const row = byVersion(releases, find('input', form).value.trim());
      if (row) remember(row[0]);
      const found = tidings.matches(known, find('textarea', form).value, row && row[4]);
      const parts = [];
      if (!found.length) {
        parts.push(make('p', make('strong', 'No known issue fits.')), make('p', 'If it is severe, roll back. If you can live with it, collect diagnostics and stay on this version.'));
      }
      for (const { issue: at, line } of found) {
        const issue = known.issues[at];
        const advice = { yes: 'Roll back.', no: 'Do not roll back', ask: 'Ask us before you roll back' }[issue.rollback];
        const reason = issue.rollback === 'yes' ? '' : `: ${issue.reason || 'it depends'}.`;
        parts.push(make('h2', [link(issue.id, issue.path), `: ${issue.title}`]), make('p', [make('strong', advice), `${reason} (It shows in line ${line}.)`]));
        if (issue.workaround) parts.push(make('p', `Workaround: ${issue.workaround}`));
      }
      if (row) {
        const back = rollbackOf(releases, row);
        if (back) parts.push(make('p', `To go back from ${row[0]} to ${back.version}:`), commandLine(back.command));
      }
      out.replaceChildren(...parts);
    },

    upgrade: async form => {
      const out = find('[data-way]');
      const releases = await load('releases');
      const row = byVersion(releases, find('input', form).value.trim());
      if (!row) out.textContent = 'Nobody released that version.';
      else if (row[7]) {
        out.replaceChildren(link(`From ${row[0]} to ${releases.latest}`, `upgrade/${row[0]}.html`));
        find('a', out).click();
      } else out.textContent = row[0] === releases.latest ? `${row[0]} is the newest release.` : `There is no way from ${row[0]}: it is newer, or was never installable.`;
    },
  };

  // --- decide: symptoms to known issues, the same rules as `tidings identify --observed`

  const ascii = (word, set) => [...word].every(c => set.includes(c));
  const digitsOf = word => word.replace(/[^0-9]/g, '').length;
  function noise(word) {
    const digits = digitsOf(word);
    const number = digits === word.length;
    const hexadecimal = word.length >= 7 && digits > 0 && ascii(word.toLowerCase(), '0123456789abcdef');
    const time = digits > 0 && ascii(word, '0123456789tz');
    return [...word].length < 2 || (number && !(digits === 3 || digits === 4)) || hexadecimal || (time && !number);
  }
  function stem(word) {
    const cut = (text, ending, letters) => text.endsWith(ending) && [...text.slice(0, -ending.length)].length >= letters ? text.slice(0, -ending.length) : undefined;
    const ies = cut(word, 'ies', 2);
    if (ies !== undefined) return ies + 'y';
    const sses = cut(word, 'sses', 2);
    if (sses !== undefined) return sses + 'ss';
    const s = cut(word, 's', 3);
    const single = s !== undefined && !/[sui]$/.test(s) ? s : word;
    for (const ending of ['ing', 'ed']) {
      if (!single.endsWith(ending)) continue;
      const rest = single.slice(0, -ending.length);
      if ([...rest].length < 3 || !/[aeiouy]/.test(rest)) return single;
      const [a, b] = [...rest].slice(-2);
      return a === b && !'lszaeiou'.includes(a) ? rest.slice(0, -1) : rest;
    }
    return single;
  }
  function wordsOf(text, known) {
    const words = [];
    for (const run of text.split(/[^\p{Alphabetic}\p{N}]+/u)) {
      const parts = [];
      let lower = false;
      for (const c of run) {
        if (!parts.length || (/\p{Uppercase}/u.test(c) && lower)) parts.push('');
        lower = /\p{Lowercase}/u.test(c);
        parts[parts.length - 1] += c.toLowerCase();
      }
      for (const part of parts) {
        if (noise(part)) continue;
        const stemmed = stem(part);
        if (known.empty.includes(stemmed)) continue;
        const row = known.same.find(same => same.includes(stemmed));
        words.push(row ? row[0] : stemmed);
      }
    }
    return words;
  }
  function oneLetterApart(first, second) {
    const [a, b] = [[...first], [...second]];
    let front = 0;
    while (front < a.length && front < b.length && a[front] === b[front]) front += 1;
    let back = 0;
    while (back < a.length - front && back < b.length - front && a[a.length - 1 - back] === b[b.length - 1 - back]) back += 1;
    const [leftA, leftB] = [a.length - front - back, b.length - front - back];
    return (leftA <= 1 && leftB <= 1) || (leftA === 2 && leftB === 2 && a[front] === b[front + 1] && a[front + 1] === b[front]);
  }
  tidings.matches = (known, text, issues) => {
    const symptoms = known.symptoms.filter(([issue]) => !issues || issues.includes(issue));
    const counts = new Map();
    for (const [, , words] of symptoms) for (const word of words) counts.set(word, (counts.get(word) || 0) + 1);
    const weights = new Map([...counts].map(([word, count]) => {
      const code = /[0-9]/.test(word) && /\p{Alphabetic}/u.test(word);
      return [word, (Math.log(1 + symptoms.length / count) + 0.5) * (code ? 2 : 1)];
    }));
    const nearest = word => {
      if (weights.has(word)) return word;
      if (word.length < 5 || /[0-9]/.test(word)) return undefined;
      return [...weights.keys()].filter(near => Math.abs(near.length - word.length) <= 1 && near.length >= 5 && near[0] === word[0] && oneLetterApart(word, near)).sort()[0];
    };
    const [meant, places] = [new Map(), new Map()];
    text.slice(-(1 << 20)).split('\n').forEach((line, number) => {
      for (const word of wordsOf(line, known)) {
        if (!meant.has(word)) meant.set(word, nearest(word));
        const near = meant.get(word);
        if (near === undefined) continue;
        if (!places.has(near)) places.set(near, []);
        if (places.get(near).at(-1) !== number) places.get(near).push(number);
      }
    });
    const best = new Map();
    for (const [issue, , words] of symptoms) {
      const total = words.reduce((sum, word) => sum + weights.get(word), 0);
      const enough = words.length <= 2 ? 0.99 : words.length === 3 ? 0.75 : 0.6;
      const scores = new Map();
      for (const word of words) {
        const windows = new Set((places.get(word) || []).flatMap(line => [line, line - 1, line - 2].filter(at => at >= 0)));
        for (const at of windows) scores.set(at, (scores.get(at) || 0) + weights.get(word));
      }
      const [top] = [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
      if (!top || Math.min(top[1] / total, 1) < enough) continue;
      const score = Math.min(top[1] / total, 1);
      const lines = words.flatMap(word => (places.get(word) || []).filter(line => line >= top[0] && line < top[0] + 3));
      if (!best.has(issue) || best.get(issue).score < score) best.set(issue, { issue, score, line: Math.min(...lines) + 1 });
    }
    return [...best.values()].sort((a, b) => b.score - a.score || (known.issues[a.issue].id < known.issues[b.issue].id ? -1 : 1));
  };

  // --- search: a scan over the texts of all releases, newest first

  const most = 50;
  function searchIn(shards, words) {
    const hits = [];
    for (const shard of shards) for (const line of shard.split('\n')) {
      const lower = line.toLowerCase();
      if (!words.every(word => lower.includes(word))) continue;
      const [title, path, date, ...texts] = line.split('\t');
      const name = title.toLowerCase();
      if (!words.every(word => name.includes(word) || texts.some(text => text.toLowerCase().includes(word)))) continue;
      const holds = (text, word) => text.toLowerCase().includes(word);
      const text = texts.find(text => words.every(word => holds(text, word))) || texts.find(text => words.some(word => holds(text, word))) || texts[0] || '';
      const together = words.every(word => holds(text, word));
      hits.push({ title, path, date, text, score: (name === words.join(' ') ? 4 : words.every(word => name.includes(word)) ? 2 : 0) + (together ? 1 : 0) });
    }
    return hits.sort((a, b) => b.score - a.score);
  }
  // A word that stands nowhere may be mistyped: the nearest that is one letter apart.
  let vocabulary;
  function near(shards, word) {
    if ([...word].length < 5 || shards.some(shard => shard.toLowerCase().includes(word))) return word;
    vocabulary = vocabulary || [...new Set(shards.join('\n').toLowerCase().match(/[\p{L}\p{N}]{5,}/gu))].sort();
    return vocabulary.find(known => Math.abs(known.length - word.length) <= 1 && oneLetterApart(word, known)) || word;
  }
  function marked(text, words) {
    const lower = text.toLowerCase();
    const first = Math.max(0, Math.min(...words.map(word => lower.indexOf(word)).filter(at => at >= 0), text.length) - 80);
    const shown = text.slice(first, first + 240);
    const pattern = new RegExp(`(${words.map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'gi');
    const parts = shown.split(pattern).map((part, index) => index % 2 ? make('mark', part) : part);
    return [first ? '… ' : '', ...parts, first + 240 < text.length ? ' …' : ''];
  }
  async function search(form) {
    const input = find('input', form);
    const [count, list] = [find('[data-count]'), find('[data-hits]')];
    // The highest number holds the newest releases; 0 what belongs to none.
    const files = Number(form.dataset.search);
    const names = Array.from({ length: files }, (_, index) => `search-${files - 1 - index}`);
    const all = Promise.all(names.map(load));
    const show = async () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (!words.length) {
        count.textContent = '';
        list.replaceChildren();
        return;
      }
      const shards = await all;
      let hits = searchIn(shards, words);
      if (!hits.length) {
        const meant = words.map(word => near(shards, word));
        if (meant.some((word, at) => word !== words[at])) {
          hits = searchIn(shards, meant);
          words.splice(0, words.length, ...meant);
        }
      }
      count.textContent = hits.length === 1 ? 'One page' : `${hits.length} pages${hits.length > most ? `, the first ${most} shown` : ''}`;
      list.replaceChildren(...hits.slice(0, most).map(hit => make('li', [link(hit.title, hit.path), hit.date ? ` (${hit.date})` : '', make('br', []), ...marked(hit.text, words)])));
    };
    input.addEventListener('input', show);
    form.addEventListener('submit', event => { event.preventDefault(); show(); });
    const asked = new URLSearchParams(location.search).get('q');
    if (asked) {
      input.value = asked;
      await show();
    }
    await all;
    form.dataset.ready = 'yes';
  }

  const start = () => {
    document.querySelectorAll('pre.command').forEach(copyable);
    mine().catch(() => { /* the page says all without it */ });
    document.querySelectorAll('.js').forEach(element => { element.hidden = false; });
    for (const [name, run] of Object.entries(forms)) {
      document.querySelectorAll(`[data-${name}]`).forEach(form => form.addEventListener('submit', event => {
        event.preventDefault();
        run(form).catch(error => alert(error.message));
      }));
    }
    document.querySelectorAll('[data-search]').forEach(form => search(form).catch(error => { find('[data-count]').textContent = error.message; }));
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
