/** Puts the service together from its parts, starts it and stops it. */
@NullMarked
package dev.mooring.bootstrap;

import org.jspecify.annotations.NullMarked;
