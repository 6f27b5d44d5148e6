package dev.mooring.application.port;

import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Assertion;

/** Reads assertions that the platform we run on keeps in files, such as a workload's own token. */
public interface AssertionFiles {
    /** Whether the operator of the process set a directory aside for such files. */
    boolean areOffered();

    /** The assertion as it is in the file now; nothing is remembered, as platforms replace it. */
    Reading read(AssertionFile file);

    /** The answer to {@link #read}. */
    sealed interface Reading {
        record Read(Assertion assertion) implements Reading {}

        record Failed(Problem problem) implements Reading {}
    }
}
