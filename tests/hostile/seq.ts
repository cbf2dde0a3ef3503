/** In a forged frame: the number of the call that posts it, and its neighbours. */
export const SEQ = { own: "(own)", before: "(before)", after: "(after)" } as const;
