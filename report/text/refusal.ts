/** InfluxDB's words, without what wraps them: `field type conflict: input field "value" on measurement "orders" is …`. */
export function refusalText(refusal: string): string {
  return refusal.replace(/^(failure writing points to database: )?partial write: /, '').replace(/ dropped=\d+$/, '');
}
