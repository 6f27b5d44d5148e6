/** What the use cases need of the world, as interfaces that adapters implement. */
@NullMarked
package dev.mooring.application.port;

import org.jspecify.annotations.NullMarked;
