export function Problem({ text }: { text: string | undefined }) {
  return (
    <p role="alert" className="text-sm font-medium text-danger empty:hidden">
      {text}
    </p>
  );
}
