package dev.mooring.application.port;

import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Assertion;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Assertion files by script: offered unless said otherwise, and there when a test put them. */
public final class ScriptedAssertionFiles implements AssertionFiles {
    private final Map<AssertionFile, Reading.Read> files = new HashMap<>();
    private boolean offered = true;

    /** Puts an assertion into a file that is for the usual authorization server. */
    public void put(AssertionFile file, Assertion assertion) {
        put(file, assertion, ScriptedDiscovery.ISSUER.value());
    }

    /** Puts an assertion into a file that is for this party alone. */
    public synchronized void put(AssertionFile file, Assertion assertion, String audience) {
        files.put(file, new Reading.Read(assertion, Set.of(audience)));
    }

    /** Is from now on as in a process whose operator set no directory aside. */
    public synchronized void withdraw() {
        offered = false;
    }

    @Override
    public synchronized boolean areOffered() {
        return offered;
    }

    @Override
    public synchronized Reading read(AssertionFile file) {
        return Optional.ofNullable(files.get(file))
                .map(Reading.class::cast)
                .orElseGet(() ->
                        new Reading.Failed(
                                new Problem(
                                        Problem.Code.ASSERTION_UNREADABLE,
                                        "There is no such file")));
    }
}
