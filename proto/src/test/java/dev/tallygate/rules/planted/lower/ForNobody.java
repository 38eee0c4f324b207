package dev.tallygate.rules.planted.lower;

/** Public without a reason. */
public final class ForNobody {}
