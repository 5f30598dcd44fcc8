// SPDX-License-Identifier: Apache-2.0
/**
 * What can be wrong with a label selector, by the rules of Kubernetes and the bounds of our CRDs.
 * @module
 */
import { checkLabelKey, checkLabelValue, checkList, checkMap, checkOneOf } from './checks.ts';
import { type FieldError, fieldError } from './field-error.ts';
import { type LabelSelector, type LabelSelectorRequirement, SELECTOR_OPERATORS } from './object-meta.ts';

const MAX_ENTRIES = 16;
const MAX_VALUES = 32;

/** Every fault of a selector; an absent one has none. */
export function selectorErrors(path: string, selector: LabelSelector | undefined): readonly FieldError[] {
  return [
    ...checkMap(`${path}.matchLabels`, selector?.matchLabels, MAX_ENTRIES, (map, key, value) => [
      ...checkLabelKey(map, key),
      ...checkLabelValue(`${map}[${key}]`, value),
    ]),
    ...checkList(`${path}.matchExpressions`, selector?.matchExpressions, MAX_ENTRIES, requirementErrors),
  ];
}

function requirementErrors(path: string, requirement: LabelSelectorRequirement): readonly FieldError[] {
  const { key, operator, values = [] } = requirement;
  const fits = (operator === 'In' || operator === 'NotIn') === values.length > 0;
  const message = 'must be given for In and NotIn, and left out for Exists and DoesNotExist';
  return [
    ...checkLabelKey(`${path}.key`, key),
    ...checkOneOf(`${path}.operator`, operator, SELECTOR_OPERATORS),
    ...(fits ? [] : [fieldError(`${path}.values`, undefined, message)]),
    ...checkList(`${path}.values`, values, MAX_VALUES, checkLabelValue),
  ];
}
