/**
 * Traces of calls, in OpenTelemetry's words: who asked for how long, where, and what it came to.
 * They name tenants and entitlements, and never a person.
 */
@NullMarked
package dev.tallygate.server.trace;

import org.jspecify.annotations.NullMarked;
