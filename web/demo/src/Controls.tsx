/* Controls.tsx - what a visitor can switch */
import { useId, type ReactNode } from "react";
import type { Ask } from "./ask";
import { OPTIONAL, REQUIRED, SOURCES, type Source } from "./shop";

const FIELDS = [
  "product(name,brand/name),pricing(amount)",
  "product,reviews/items(author,text)",
  "pricing,shipping",
];
const VIEWS = { web: "Web", mobile: "Mobile" } as const;

interface Props {
  ask: Ask;
  onChange: (ask: Ask) => void;
  onRun: () => void;
}

export function Controls({ ask, onChange, onRun }: Props) {
  const change = (part: Partial<Ask>) => onChange({ ...ask, ...part });
  return (
    <form
      className="controls"
      aria-label="What happens"
      onSubmit={(event) => {
        event.preventDefault();
        onRun();
      }}
    >
      <RoundTrip value={ask.roundTrip} onChange={(roundTrip) => change({ roundTrip })} />
      <Choice
        label="Slow service"
        sources={SOURCES}
        value={ask.slow}
        onChange={(slow) => change({ slow })}
      />
      <Choice
        label="Failing optional one"
        sources={OPTIONAL}
        value={ask.broken}
        onChange={(broken) => change({ broken })}
      />
      <Views value={ask.view} onChange={(view) => change({ view })} />
      <Fields value={ask.fields} onChange={(fields) => change({ fields })} />
      <div className="switches">
        <Switch
          isOn={ask.isRequiredBroken}
          onChange={(isRequiredBroken) => change({ isRequiredBroken })}
        >
          Failing required one: {REQUIRED}
        </Switch>
        <Switch isOn={ask.isCached} onChange={(isCached) => change({ isCached })}>
          Cached for 30 s
        </Switch>
      </div>
      <button type="submit">Run again</button>
    </form>
  );
}

function RoundTrip({ value, onChange }: { value: number; onChange: (ms: number) => void }) {
  const id = useId();
  return (
    <div className="control">
      <label htmlFor={id}>
        Client round trip <output htmlFor={id}>{value} ms</output>
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={300}
        step={10}
        value={value}
        aria-valuetext={`${value} milliseconds`}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  sources: Source[];
  value: Source | "";
  onChange: (source: Source | "") => void;
}

function Choice({ label, sources, value, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div className="control">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value as Source | "")}
      >
        <option value="">none</option>
        {sources.map((source) => (
          <option key={source}>{source}</option>
        ))}
      </select>
    </div>
  );
}

function Views({ value, onChange }: { value: Ask["view"]; onChange: (view: Ask["view"]) => void }) {
  return (
    <fieldset className="control">
      <legend>View</legend>
      <div className="segments">
        {(Object.keys(VIEWS) as Ask["view"][]).map((view) => (
          <label key={view}>
            <input
              type="radio"
              name="view"
              checked={view === value}
              onChange={() => onChange(view)}
            />
            <span>{VIEWS[view]}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Fields({ value, onChange }: { value: string; onChange: (fields: string) => void }) {
  const id = useId();
  return (
    <div className="control wide">
      <label htmlFor={id}>Fields</label>
      <input
        id={id}
        type="text"
        list={`${id}-known`}
        placeholder="all"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value.trim())}
      />
      <datalist id={`${id}-known`}>
        {FIELDS.map((fields) => (
          <option key={fields} value={fields} />
        ))}
      </datalist>
    </div>
  );
}

function Switch(props: { isOn: boolean; onChange: (isOn: boolean) => void; children: ReactNode }) {
  return (
    <label className="switch">
      <input
        type="checkbox"
        role="switch"
        checked={props.isOn}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      <span>{props.children}</span>
    </label>
  );
}
