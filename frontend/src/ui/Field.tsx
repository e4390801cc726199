import { useId } from "react";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: string;
  type?: "text" | "password" | "email";
  autoFocus?: boolean;
  spellCheck?: boolean;
  inputMode?: "numeric" | "email";
}

export function Field({ label, value, onChange, autoComplete, type = "text", autoFocus = false, spellCheck = false, inputMode }: Props) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        type={type}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={spellCheck}
        inputMode={inputMode}
        dir="auto"
        autoFocus={autoFocus}
        className="min-h-12 rounded-xl border border-edge bg-surface px-4 text-base transition-colors hover:border-ink focus:border-accent focus:outline-2 focus:-outline-offset-1 focus:outline-accent"
      />
    </div>
  );
}
