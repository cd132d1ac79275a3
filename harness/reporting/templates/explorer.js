// The list of all answers: unpacked from the page, filtered, printed a page at a time.
//
// Texts come out of models. They reach the page through `textContent` only, never as markup, and the
// page's policy refuses everything else (`require-trusted-types-for`). Nothing is fetched.
// What is chosen stands in the address: `#q=…&right=hybrid&wrong=rag&day=2026-08-22`.
"use strict";

(() => {
  const CASES_ON_A_PAGE = 20;
  const BRIEF = 120; // as in harness/reporting/sections/explorer.py
  const FIELDS = ["q", "right", "wrong", "system", "class", "day", "kind", "group"];

  const home = document.querySelector(".explorer");
  if (!home || !("DecompressionStream" in window)) return;
  const find = (selector) => home.querySelector(selector);
  const fields = Object.fromEntries(FIELDS.map((name) => [name, find(`[name=${name}]`)]));
  const number = (n) => n.toLocaleString("en");

  unpack(find(".packed").textContent).then(start, (error) => {
    find(".status").textContent += ` The other answers cannot be unpacked: ${error.message}`;
  });

  async function unpack(text) {
    const packed = atob(text);
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  }

  function start(tables) {
    const { texts, cases, questions, answers } = tables;
    const starts = [];
    cases.reduce((place, row) => (starts.push(place), place + row[4]), 0);
    const low = lowered(tables);
    let asked = {}; // what is chosen; `question` and `page` are in the address only
    let chosen = []; // [case, its chosen answers]

    // Filtering

    function matches() {
      const system = tables.systems.findIndex(([name]) => name === asked.system);
      const right = tables.systems.findIndex(([name]) => name === asked.right);
      const wrong = tables.systems.findIndex(([name]) => name === asked.wrong);
      const label = tables.classes.findIndex(([name]) => name === asked.class);
      const ofClass = {
        "": () => true,
        right: (a) => answers.right[a],
        "not right": (a) => !answers.right[a],
      }[asked.class || ""] || ((a) => answers.class[a] === label);
      const day = tables.days.indexOf(asked.day);
      const kind = tables.kinds.indexOf(asked.kind);
      const group = (asked.group || "").toLowerCase();
      const text = (asked.q || "").trim().toLowerCase();
      const inText = text && low.texts().map((t) => t.includes(text));
      const inQuestion = text && low.questions().map((t) => t.includes(text));
      const inDocument = text && low.documents().map((t) => t.includes(text));
      const inGroup = group && tables.groups.map((t) => t.toLowerCase().includes(group));
      const found = [];
      cases.forEach((row, i) => {
        const [q, d, , reference, size] = row;
        if (asked.day && d !== day) return;
        if (asked.question && questions[q][0] !== asked.question) return;
        if (asked.kind && questions[q][3] !== kind) return;
        if (group && !inGroup[questions[q][4]]) return;
        const end = starts[i] + size;
        if (asked.right && !has(right, 1, starts[i], end)) return;
        if (asked.wrong && !has(wrong, 0, starts[i], end)) return;
        const whole = !text || inQuestion[q] || inText[reference];
        const kept = [];
        for (let a = starts[i]; a < end; a++) {
          if (asked.system && answers.system[a] !== system) continue;
          if (!ofClass(a)) continue;
          if (whole || inText[answers.text[a]] || answers.passages[a].some((p) => inDocument[p])) kept.push(a);
        }
        if (kept.length) found.push([i, kept]);
      });
      return found;
    }

    function has(system, right, begin, end) {
      for (let a = begin; a < end; a++) {
        if (answers.system[a] === system && answers.right[a] === right) return true;
      }
      return false;
    }

    // Printing; the same as templates/explorer.html.jinja

    function printCase([i, places]) {
      const [q, d, repeat, reference, size] = cases[i];
      const [id, text, cut, kind, group, history] = questions[q];
      const day = tables.days[d];
      const meta = [day, tables.kinds[kind], tables.groups[group], repeat ? `repeat ${repeat + 1}` : ""];
      const link = make("a", "id", id);
      link.href = `#${new URLSearchParams({ q: "", question: id })}`;
      const all = make("a", "", `all ${size} answers`);
      all.href = `#${new URLSearchParams({ q: "", question: id, day })}`;
      const hidden = places.length < size ? [" · ", all] : [];
      return make("article", "case",
        make("h3", "", ...excerpt(text, cut)),
        make("p", "meta", `${meta.filter(Boolean).join(" · ")} · `, link, ...hidden),
        make("p", "meta", "right answer: ", auto(make("strong", "text", texts[reference]))),
        history < 0 ? "" : printHistory(tables.histories[history]),
        ...places.map(printAnswer));
    }

    function printHistory(rows) {
      const held = rows.map(([value, since, until]) =>
        make("li", "", auto(make("span", "text", value)), " ",
          make("span", "when", until ? `${since} to ${until}` : `since ${since}`)));
      return make("details", "held", make("summary", "", "every value and when it held"),
        make("ol", "", ...held));
    }

    function printAnswer(a) {
      const [name, , style] = tables.systems[answers.system[a]];
      const [label, tone] = tables.classes[answers.class[a]];
      const right = label === "current" ? "right" : `right: ${label}`;
      const badge = answers.right[a] ? make("span", "badge good", right) : make("span", `badge ${tone}`, label);
      const dot = make("span", "dot");
      dot.setAttribute("aria-hidden", "true");
      const say = (column) => texts[answers[column][a]];
      const pair = (a, b) => [say(a), say(b)].filter(Boolean).join(": ");
      const notes = answers.notes[a].map((n) => make("li", "", texts[n]));
      const passages = answers.passages[a].map((p) => {
        const [name, day, text, cut] = tables.passages[p];
        const source = [day, name].filter(Boolean).join(" · ");
        return make("li", "", make("span", "source", source), " ", ...excerpt(text, cut));
      });
      return make("details", "listed",
        make("summary", "", make("span", `system ${style}`, dot, name), " ", badge, " ",
          auto(make("span", "brief", brief(say("text")) || "(empty)")), " ", make("span", "took", say("time"))),
        make("div", "unfolded",
          make("p", "said", ...excerpt(say("text"), say("cut"))),
          say("evidence") ? make("p", "evidence", say("evidence")) : "",
          notes.length ? make("ul", "broken", ...notes) : "",
          make("p", "evidence", pair("time", "stages")),
          make("p", "evidence", pair("cost", "basis")),
          passages.length ? make("ol", "passages", ...passages) : make("p", "nothing", "no passages")));
    }

    function print() {
      const pages = Math.max(1, Math.ceil(chosen.length / CASES_ON_A_PAGE));
      const page = Math.min(pages, Math.max(1, Number(asked.page) || 1));
      const shown = chosen.slice((page - 1) * CASES_ON_A_PAGE, page * CASES_ON_A_PAGE);
      const count = chosen.reduce((sum, [, places]) => sum + places.length, 0);
      find(".cases").replaceChildren(...shown.map(printCase));
      find(".status").textContent = count
        ? `${number(count)} of ${number(answers.system.length)} answers, to ${number(chosen.length)} question${chosen.length > 1 ? "s" : ""} asked.`
        : "No answer is like that.";
      find(".page").textContent = `Page ${number(page)} of ${number(pages)}`;
      find(".pages").hidden = pages === 1;
      for (const [name, to] of [["previous", page - 1], ["next", page + 1]]) {
        const button = find(`.${name}`);
        button.setAttribute("aria-disabled", String(to < 1 || to > pages));
        button.onclick = () => to >= 1 && to <= pages && turn(to);
      }
      home.classList.toggle("chosen", Object.keys(asked).length > 0);
    }

    // The address

    function read() {
      const given = location.hash.startsWith("#q=") ? location.hash.slice(1) : "";
      asked = Object.fromEntries([...new URLSearchParams(given)].filter(([, value]) => value));
      for (const name of FIELDS) fields[name].value = asked[name] || "";
      update();
      if (given) home.closest("section").scrollIntoView();
    }

    function update() {
      chosen = matches();
      print();
    }

    function write() {
      const { q = "", ...others } = asked;
      const address = new URLSearchParams({ q, ...others });
      const empty = Object.keys(asked).length === 0;
      history.replaceState(null, "", empty ? `#${home.closest("section").id}` : `#${address}`);
    }

    function change() {
      const given = FIELDS.map((name) => [name, fields[name].value]);
      asked = Object.fromEntries(given.filter(([, value]) => value));
      write();
      update();
    }

    function turn(page) {
      asked = { ...asked, page: String(page) };
      write();
      print();
      find(".status").scrollIntoView();
    }

    for (const name of FIELDS) fields[name].addEventListener("input", change);
    find(".clear").addEventListener("click", () => {
      for (const name of FIELDS) fields[name].value = "";
      change();
    });
    addEventListener("hashchange", () => location.hash.startsWith("#q=") && read());
    find(".filters").hidden = false;
    read();
    home.dataset.ready = "";
    (window.requestIdleCallback || setTimeout)(low.prepare); // so that the first letter typed need not wait
  }

  /** What is searched, in lower case, made when it is first searched. */
  function lowered({ texts, questions, passages }) {
    const once = (make) => { let made; return () => (made ??= make()); };
    const made = {
      texts: once(() => texts.map((t) => t.toLowerCase())),
      questions: once(() => questions.map(([id, text]) => `${id}\n${text}`.toLowerCase())),
      documents: once(() => passages.map(([name]) => name.toLowerCase())),
    };
    return { ...made, prepare: () => Object.values(made).forEach((part) => part()) };
  }

  function make(tag, style, ...children) {
    const element = document.createElement(tag);
    if (style) element.className = style;
    element.append(...children.filter((child) => child !== ""));
    return element;
  }

  function auto(element) {
    element.dir = "auto";
    return element;
  }

  function excerpt(text, cut) {
    const shown = auto(make("span", "text", text || "(empty)"));
    return cut ? [shown, " ", make("span", "omitted", cut)] : [shown];
  }

  function brief(text) {
    const line = Array.from(text.trim().split(/\s+/).join(" "));
    return line.length <= BRIEF ? line.join("") : `${line.slice(0, BRIEF).join("")}…`;
  }
})();
