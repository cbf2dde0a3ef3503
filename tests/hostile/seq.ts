/** Placeholders in a forged frame for the number of the call that posts it, and for its neighbours. */
export const SEQ = { own: "(own)", before: "(before)", after: "(after)" } as const;
