/** What the clinic offers. Seeded, and the same in every run. */
export interface Service {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly duration_min: number;
  readonly price_cents: number;
}

export interface Doctor {
  readonly id: string;
  readonly name: string;
}

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly price_cents: number;
}

export const SLOT_MIN = 15;

const SERVICE_NAMES: readonly (readonly [string, string])[] = [
  ['Dental check-up', 'teeth'],
  ['Dental cleaning', 'teeth'],
  ['Eye check-up', 'eyes'],
  ['Vaccination advice', 'prevention'],
  ['Travel vaccination', 'prevention'],
  ['Skin check-up', 'skin'],
  ['Physiotherapy', 'movement'],
  ['Blood test', 'laboratory'],
];
const FAMILY_NAMES = ['Adler', 'Berg', 'Costa', 'Duarte', 'Evans', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jensen'];
const PRODUCT_NAMES: readonly (readonly [string, string])[] = [
  ['Paracetamol 500 mg', 'pain'],
  ['Ibuprofen 400 mg', 'pain'],
  ['Aspirin 100 mg', 'pain'],
  ['Cough syrup', 'cold'],
  ['Nasal spray', 'cold'],
  ['Throat lozenges', 'cold'],
  ['Vitamin C', 'vitamins'],
  ['Vitamin D3', 'vitamins'],
  ['Magnesium', 'vitamins'],
  ['Plasters', 'first aid'],
  ['Gauze bandage', 'first aid'],
  ['Disinfectant', 'first aid'],
];
const BASE_PRICE_CENTS = 399;
const PRICE_STEP_CENTS = 155;

export const SERVICES: readonly Service[] = SERVICE_NAMES.map(([name, category], index) => ({
  id: `service-${index + 1}`,
  name,
  category,
  duration_min: SLOT_MIN,
  price_cents: 10 * (BASE_PRICE_CENTS + index * PRICE_STEP_CENTS),
}));

export const DOCTORS: readonly Doctor[] = FAMILY_NAMES.map((name, index) => ({
  id: `doctor-${index + 1}`,
  name: `Dr ${name}`,
}));

export const PRODUCTS: readonly Product[] = PRODUCT_NAMES.map(([name, category], index) => ({
  id: `product-${index + 1}`,
  name,
  category,
  price_cents: BASE_PRICE_CENTS + index * PRICE_STEP_CENTS,
}));
