package dev.tallygate.rules.planted.lower;

/** Public because the door's signature mentions it. */
public final class Mentioned {}
