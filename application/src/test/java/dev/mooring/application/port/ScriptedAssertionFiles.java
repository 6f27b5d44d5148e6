package dev.mooring.application.port;

import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Assertion;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Assertion files by script: offered unless said otherwise, and there when a test put them. */
public final class ScriptedAssertionFiles implements AssertionFiles {
    private final Map<AssertionFile, Assertion> files = new HashMap<>();
    private boolean offered = true;

    /** Puts an assertion into a file. */
    public synchronized void put(AssertionFile file, Assertion assertion) {
        files.put(file, assertion);
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
                .<Reading>map(Reading.Read::new)
                .orElseGet(() ->
                        new Reading.Failed(
                                new Problem(
                                        Problem.Code.ASSERTION_UNREADABLE,
                                        "There is no such file")));
    }
}
