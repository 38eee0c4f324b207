/**
 * A node inside of a JUnit test of somebody's service. Needs JUnit, which this module does not
 * bring.
 */
@NullMarked
package dev.tallygate.server.junit;

import org.jspecify.annotations.NullMarked;
