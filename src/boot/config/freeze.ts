/** Freezes plain data deeply: objects, lists and maps. Other instances (a URL, a key) stay as they are. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) return freezeMap(value);
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

/** `Object.freeze` leaves a map's entries open, so its writers are replaced. */
function freezeMap<T extends Map<unknown, unknown>>(map: T): T {
  for (const part of map.values()) freezeDeep(part);
  for (const method of ['set', 'delete', 'clear']) Object.defineProperty(map, method, { value: refuse });
  return Object.freeze(map);
}

function refuse(): never {
  throw new TypeError('the configuration is frozen');
}
