/* format.ts - numbers for people */

export function milliseconds(ms: number | undefined): string {
  return ms === undefined ? "–" : `${Math.round(ms)} ms`;
}

export function bytes(n: number): string {
  return n < 1000 ? `${n} B` : `${(n / 1000).toFixed(1)} kB`;
}

export function money(amount: number | undefined, currency = "EUR"): string {
  if (amount === undefined) return "";
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
}
