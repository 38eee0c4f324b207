package dev.tallygate.rules.planted.lower;

/** Public because another package uses it. */
public final class UsedAbove {}
