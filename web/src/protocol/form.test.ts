import { expect, test } from 'vitest';
import { fieldsOf, submit } from './form.ts';
import { parse } from './xml.ts';

test('a field without a value is left out, and one with several has them all', () => {
  const form = submit('urn:example:form', { one: 1, yes: true, no: false, many: ['a', 'b'], emptied: [], none: undefined });
  expect(form.toString()).toBe(
    '<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE" type="hidden"><value>urn:example:form</value></field>' +
      '<field var="one"><value>1</value></field><field var="yes"><value>1</value></field><field var="no"><value>0</value></field>' +
      '<field var="many"><value>a</value><value>b</value></field><field var="emptied"/></x>',
  );
  expect(fieldsOf(form).get('many')).toEqual(['a', 'b']);
});

test('a form that is not there has no fields', () => {
  expect(fieldsOf(undefined).get('FORM_TYPE')).toBeUndefined();
  expect(fieldsOf(parse("<x xmlns='jabber:x:data'><field var='a'/></x>")).get('a')).toEqual([]);
});
