// A markdownlint rule: a heading begins its line. Markdown takes one that follows a sentence for part of the sentence.

const HEADING_IN_TEXT = /\S +#{1,6} +\S/;

/** @type {import("markdownlint").Rule} */
export default {
  names: ["swallowed-heading"],
  description: "A heading begins its line",
  tags: ["headings"],
  parser: "micromark",
  function: ({ parsers, lines }, report) => {
    for (const { type, startLine, endLine } of parsers.micromark.tokens) {
      if (type !== "content") continue;
      for (let line = startLine; line <= endLine; line += 1) {
        const text = (lines[line - 1] ?? "").replace(/`[^`]*`/g, "");
        if (HEADING_IN_TEXT.test(text)) report({ lineNumber: line, context: text.trim() });
      }
    }
  },
};
