package dev.mooring.domain.mcp;

import java.util.List;

/** Which of a server's tools may be executed: the {@code tools_to_execute} of the HTTP contract. */
public sealed interface ToolSelection {
    boolean permits(String toolName);

    /** The list as the contract writes it: {@code ["*"]} means all, the empty list none. */
    static ToolSelection of(List<String> names) {
        return names.contains("*") ? new All() : new Only(names);
    }

    /** Every tool, also one that the server adds later. */
    record All() implements ToolSelection {
        @Override
        public boolean permits(String toolName) {
            return true;
        }
    }

    /** These and no others; an empty list permits nothing. */
    record Only(List<String> names) implements ToolSelection {
        public Only {
            names = List.copyOf(names);
        }

        @Override
        public boolean permits(String toolName) {
            return names.contains(toolName);
        }
    }
}
