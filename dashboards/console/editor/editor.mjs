// The text editor of the pages Explore and Rules: CodeMirror 6 with ClickHouse's SQL and completion.
//
// `TollgateEditor.mount(textarea, options)` puts an editor in the place of a textarea, which stays the form's
// field: what is typed is in its `value`, and without this script the page works with the textarea alone.
// The editor lives in a shadow root: there CodeMirror adopts style sheets, and no page has to allow inline styles.

import {acceptCompletion, autocompletion, closeBrackets, closeCompletion, closeBracketsKeymap, completionKeymap} from "@codemirror/autocomplete"
import {defaultKeymap, history, historyKeymap, toggleComment} from "@codemirror/commands"
import {SQLDialect, sql} from "@codemirror/lang-sql"
import {bracketMatching, HighlightStyle, indentOnInput, StreamLanguage, syntaxHighlighting} from "@codemirror/language"
import {lintGutter, lintKeymap, setDiagnostics} from "@codemirror/lint"
import {Compartment, EditorState} from "@codemirror/state"
import {drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder} from "@codemirror/view"
import {tags} from "@lezer/highlight"

const KEYWORDS = "all and anti any array as asc asof between by case cast collate cross cube desc describe distinct else end except exists explain extract false fill final first following for from full global grouping group having if ilike in inner intersect interpolate interval into is join last lateral left like limit not null nulls offset on or order outer over partition preceding prewhere range recursive right rollup row rows sample select semi sets show step tables ties to top totals true unbounded union using values when where window with then settings format qualify day hour minute month quarter second week year"
const TYPES = "array bool date date32 datetime datetime64 decimal decimal64 decimal128 enum8 enum16 fixedstring float32 float64 int8 int16 int32 int64 int128 int256 ipv4 ipv6 lowcardinality map nullable string tuple uint8 uint16 uint32 uint64 uint128 uint256 uuid"
const FUNCTIONS = "abs any anyLast argMax argMin arrayCount arrayDistinct arrayElement arrayExists arrayFilter arrayJoin arrayMap arrayReduce arraySort arraySum avg avgIf ceil coalesce concat corr count countIf countMerge countSubstrings covarPop dateDiff dateTrunc empty endsWith exp extract finalizeAggregation floor formatDateTime formatReadableQuantity greatest groupArray groupArrayIf groupUniqArray has hasAll hasAny hex if ifNull isNotNull isNull lagInFrame leadInFrame least length like ln log log10 lower match max maxIf median min minIf multiIf notEmpty now nullIf pow quantile quantileIf quantiles quantilesMerge rank replaceAll replaceOne round row_number splitByChar sqrt startsWith stddevPop stddevSamp substring sum sumIf sumMerge toDate toDateTime toDateTime64 toDayOfMonth toDayOfWeek toFloat64 toHour toInt64 toIntervalDay toIntervalHour toMonday toMonth toQuarter toStartOfDay toStartOfFifteenMinutes toStartOfFiveMinutes toStartOfHour toStartOfInterval toStartOfMinute toStartOfMonth toStartOfQuarter toStartOfWeek toStartOfYear toString today topK toUInt64 toYear toYYYYMM transform trim trunc tuple uniq uniqCombined uniqExact uniqExactIf uniqIf uniqMerge upper varPop varSamp yesterday"

const ClickHouse = SQLDialect.define({
  keywords: KEYWORDS, types: TYPES, builtin: FUNCTIONS, operatorChars: "*+-%<>!=&|^~/?:", backslashEscapes: true,
  doubleQuotedStrings: false, identifierQuotes: "`\"", hashComments: true, slashComments: false, caseInsensitiveIdentifiers: false,
})

// Rules and other small texts: names of fields, strings, numbers, comments behind #, and the words of conditions.
const Plain = StreamLanguage.define({
  name: "plain",
  token(stream) {
    if (stream.match(/#.*/)) return "comment"
    if (stream.match(/[A-Za-z_]\w*(?=:(?:\s|$))/)) return "typeName"
    if (stream.match(/"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?/)) return "string"
    if (stream.match(/(?:and|or|not|in|is|between|missing|known|starts_with|ends_with|contains|true|false|null)\b/)) return "keyword"
    if (stream.match(/\d[\d_]*(?:\.\d+)?/)) return "number"
    if (stream.match(/[A-Za-z_][\w.]*/)) return "variableName"
    stream.next()
    return null
  },
  languageData: {commentTokens: {line: "#"}},
})

const COLOURS = HighlightStyle.define([
  {tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--editor-keyword)"},
  {tag: [tags.string, tags.special(tags.string)], color: "var(--editor-string)"},
  {tag: [tags.number, tags.bool, tags.null], color: "var(--editor-number)"},
  {tag: [tags.typeName, tags.standard(tags.name)], color: "var(--editor-name)"},
  {tag: tags.comment, color: "var(--editor-quiet)", fontStyle: "italic"},
])

const LOOK = EditorView.theme({
  "&": {color: "var(--editor-text)", backgroundColor: "var(--editor-ground)", fontSize: "14px", minHeight: "var(--editor-height, 12rem)", maxHeight: "60vh"},
  "&.cm-focused": {outline: "none"}, // the page draws it around the host, where no gutter covers it
  ".cm-scroller": {fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", lineHeight: "1.5", overflow: "auto"},
  ".cm-content": {caretColor: "var(--editor-text)", padding: "8px 0"},
  ".cm-cursor": {borderLeftColor: "var(--editor-text)"},
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {background: "var(--editor-selection) !important"},
  ".cm-gutters": {backgroundColor: "var(--editor-ground)", color: "var(--editor-quiet)", border: "none"},
  ".cm-activeLine, .cm-activeLineGutter": {backgroundColor: "var(--editor-line)"},
  ".cm-placeholder": {color: "var(--editor-quiet)"},
  ".cm-tooltip": {backgroundColor: "var(--editor-raised)", color: "var(--editor-text)", border: "1px solid var(--editor-border)", borderRadius: "6px"},
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {backgroundColor: "var(--editor-focus)", color: "var(--editor-ground)"},
  ".cm-completionDetail": {fontStyle: "normal", color: "inherit", opacity: "0.85"},
  ".cm-completionInfo": {maxWidth: "24rem", padding: "8px 12px", whiteSpace: "normal"},
  ".cm-diagnostic": {padding: "4px 12px"},
  ".cm-matchingBracket": {outline: "1px solid var(--editor-border)", backgroundColor: "transparent !important"},
})

// Typing over a selection is done here: a browser would do it by an element with an inline style that keeps the look
// of what was replaced, which the pages' policy refuses with an error on the console.
const TYPE_OVER = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const {from, to, empty} = view.state.selection.main
    if (event.inputType !== "insertText" || !event.data || empty || view.composing || view.state.readOnly) return false
    event.preventDefault()
    const change = () => view.state.update(view.state.replaceSelection(event.data), {userEvent: "input.type", scrollIntoView: true})
    const isDone = view.state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, event.data, change))
    if (!isDone) view.dispatch(change())
    return true
  },
})

const shadowRoot = (host) => {
  const root = host.attachShadow({mode: "open"})
  const place = document.createElement("div")
  root.append(place)
  return {root, place}
}

// Suggests words that the page gives: [{label, type, detail, info}]. Made once for an editor: a source is known by
// its identity, and what another one found is thrown away.
const fromWords = (words) => (context) => {
  const before = context.matchBefore(/[\w.]+/)
  if (!before && !context.explicit) return null
  return {from: before ? before.from : context.pos, options: words(), validFor: /^[\w.]*$/}
}

const languageOf = (options, source) =>
  options.language === "sql"
    ? sql({dialect: ClickHouse, schema: options.schema || {}, upperCaseKeywords: true})
    : [Plain, EditorState.languageData.of(() => [{autocomplete: source}])]

const diagnosticsOf = (doc, problems) =>
  problems.map(({line, column, message, severity}) => {
    const row = doc.line(Math.min(Math.max(line || 1, 1), doc.lines))
    const from = Math.min(row.from + Math.max((column || 1) - 1, 0), row.to)
    const word = /^[\w.]+/.exec(doc.sliceString(from, row.to))
    return {from, to: word ? from + word[0].length : Math.min(from + 1, row.to), severity: severity || "error", message}
  })

// options: language ("sql" or "plain"), label, schema (of tables), words (of completion), placeholder,
// onChange(text), onRun(text). Gives text(), replace(text), insert(text), problems(list), schema(tables), words(list),
// lead(line, column), focus().
const mount = (textarea, options = {}) => {
  const host = document.createElement("div")
  host.className = "editor-host"
  textarea.after(host)
  textarea.hidden = true
  const {root, place} = shadowRoot(host)
  const language = new Compartment()
  let words = options.words || []
  const source = fromWords(() => words)
  const run = () => (options.onRun ? (closeCompletion(view), options.onRun(view.state.doc.toString()), true) : false)
  const view = new EditorView({
    root, parent: place,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
        autocompletion({icons: false}), highlightActiveLine(), lintGutter(), EditorView.lineWrapping, LOOK, TYPE_OVER, syntaxHighlighting(COLOURS),
        placeholder(options.placeholder || ""),
        EditorView.contentAttributes.of({"aria-label": options.label || "Text", spellcheck: "false", autocapitalize: "off"}),
        EditorState.readOnly.of(textarea.readOnly),
        keymap.of([
          {key: "Mod-Enter", run, preventDefault: true}, {key: "Mod-/", run: toggleComment}, {key: "Tab", run: acceptCompletion},
          ...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap,
        ]),
        language.of(languageOf(options, source)),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return
          textarea.value = update.state.doc.toString()
          if (options.onChange) options.onChange(textarea.value)
        }),
      ],
    }),
  })
  return {
    text: () => view.state.doc.toString(),
    replace: (text) => view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: text}}),
    insert: (text) => view.dispatch(view.state.replaceSelection(text)),
    problems: (list) => view.dispatch(setDiagnostics(view.state, diagnosticsOf(view.state.doc, list))),
    schema: (tables) => view.dispatch({effects: language.reconfigure(languageOf({...options, schema: tables}, source))}),
    words: (list) => { words = list },
    lead: (line, column) => {
      const row = view.state.doc.line(Math.min(Math.max(line || 1, 1), view.state.doc.lines))
      view.dispatch({selection: {anchor: Math.min(row.from + Math.max((column || 1) - 1, 0), row.to)}, scrollIntoView: true})
      view.focus()
    },
    focus: () => view.focus(),
  }
}

window.TollgateEditor = {mount}
