import { configure } from "@testing-library/react";

// A busy machine is slow, and not wrong.
configure({ asyncUtilTimeout: 10_000 });
