// Data forms (XEP-0004): what is submitted, and what a form that came has in its fields.

import { NS } from './ns.ts';
import { x, type XmlElement } from './xml.ts';

/** One value, several, or none: then the field is left out. */
export type Value = string | number | boolean | readonly string[] | undefined;

const words = (value: Exclude<Value, undefined>): readonly string[] =>
  typeof value === 'object' ? value : [typeof value === 'boolean' ? (value ? '1' : '0') : String(value)];

/** A form to submit; `type` is its FORM_TYPE (XEP-0068). */
export function submit(type: string | undefined, fields: Readonly<Record<string, Value>>): XmlElement {
  const field = (name: string, kind: string | undefined, value: Value): XmlElement | undefined =>
    value === undefined ? undefined : x('field', NS.data, { var: name, type: kind }, ...words(value).map((word) => x('value', NS.data, {}, word)));
  return x('x', NS.data, { type: 'submit' }, field('FORM_TYPE', 'hidden', type), ...Object.entries(fields).map(([name, value]) => field(name, undefined, value)));
}

/** The values of the fields of a form, or of an item of it, by name; without a form there are none. */
export function fieldsOf(form: XmlElement | undefined): ReadonlyMap<string, readonly string[]> {
  return new Map((form?.all('field') ?? []).map((field) => [field.attr('var') ?? '', field.all('value').map((value) => value.text)]));
}
