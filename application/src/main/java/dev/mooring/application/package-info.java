/**
 * The use cases, one final class each, named for what it does. A use case takes values, returns a
 * sealed outcome and sequences the ports; every decision that is about security or the life cycle
 * is a method of the domain. All of them are thread-safe and block, and are meant for virtual
 * threads.
 */
@NullMarked
package dev.mooring.application;

import org.jspecify.annotations.NullMarked;
