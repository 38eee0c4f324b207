/**
 * The rules of the code that a compiler does not know. Every module's {@code ArchitectureTest} runs
 * them on its own classes; {@code RulesTest} shows that each of them can fail.
 */
@NullMarked
package dev.tallygate.rules;

import org.jspecify.annotations.NullMarked;
