export function Brand() {
  return (
    <p className="flex items-center gap-2.5 text-base font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" className="size-8" aria-hidden="true">
        <rect width="32" height="32" rx="9" className="fill-accent" />
        <path d="M8 9.5h16v10.5h-8.5L10 24.5V20H8z" className="fill-on-accent" />
      </svg>
      cloudrig chat
    </p>
  );
}
