/**
 * What the use cases need from the outside: stores of the four things that have a life, and the
 * wire. Expected refusals are sealed answers; the only exceptions a port throws are {@link
 * dev.mooring.application.port.StoreUnavailableException} and those of broken code. Every port is
 * called from many threads at once and may block.
 */
@NullMarked
package dev.mooring.application.port;

import org.jspecify.annotations.NullMarked;
