package dev.mooring.application.port;

import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Assertion;

import java.util.Set;

/** Reads assertions that the platform we run on keeps in files, such as a workload's own token. */
public interface AssertionFiles {
    /** Whether the operator of the process set a directory aside for such files. */
    boolean areOffered();

    /** The assertion as it is in the file now; nothing is remembered, as platforms replace it. */
    Reading read(AssertionFile file);

    /** The answer to {@link #read}. */
    sealed interface Reading {
        /**
         * What is in the file.
         *
         * @param audience whom the assertion names as the parties it is for (RFC 7519 section
         *     4.1.3), unverified; empty when it is no JWT or names nobody
         */
        record Read(Assertion assertion, Set<String> audience) implements Reading {
            public Read {
                audience = Set.copyOf(audience);
            }
        }

        record Failed(Problem problem) implements Reading {}
    }
}
