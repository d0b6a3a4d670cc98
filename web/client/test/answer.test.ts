/* answer.test.ts - an answer that is followed, without React */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Answer } from "../src/answer.js";
import { Gateway, json, until } from "./gateway.js";

const ENDPOINTS = `endpoints:
  - path: /product
    sources:
      product: {get: "catalog:/", required: true}
`;

let gateway: Gateway;
let n_asked = 0;

beforeAll(async () => {
  const catalog = (...[request, response]: Parameters<ReturnType<typeof json>>) =>
    json({ asked: ++n_asked })(request, response);
  gateway = await Gateway.start({ catalog }, ENDPOINTS);
});

afterAll(() => gateway.stop());

it("asks anew where somebody listens; else the next one to listen asks", async () => {
  const answer = new Answer<any>(`${gateway.url}/product`, {});
  const shows = (n: number) => () =>
    answer.getState().complete && n === answer.getState().data.product.asked;
  const leave = answer.subscribe(() => {});
  await until(shows(1));
  answer.getState().refetch();
  await until(shows(2));
  leave();
  answer.getState().refetch();
  expect(answer.getState()).toMatchObject({ pending: false, complete: true });
  const leaveAgain = answer.subscribe(() => {});
  await until(shows(3));
  leaveAgain();
  await gateway.rests();
  expect(n_asked).toBe(3);
});
