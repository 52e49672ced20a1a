#include "remote/http/sse.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/error.h"

namespace ain::remote {
namespace {

std::vector<SseEvent> parse(std::string_view text, size_t step) {
  std::vector<SseEvent> events;
  SseParser parser;
  const auto sink = [&](const SseEvent& event) {
    events.push_back(event);
    return true;
  };
  for (size_t at = 0; at < text.size(); at += step) EXPECT_TRUE(parser.feed(text.substr(at, step), sink));
  return events;
}

TEST(Sse, ParsesTheStandardsExamplesInPiecesOfEverySize) {
  const std::string text =
      "\xEF\xBB\xBF: a comment\n\ndata: first\nid: 1\n\ndata:second\r\ndata: line\r\nevent: add\r\n\r\n"
      "data:  two spaces\rid\r\rdata\n\ndata\ndata\n\nretry: 10\nunknown: x\n\nevent: unused\n\ndata: "
      "incomplete";
  const std::vector<SseEvent> expected = {{"message", "first", "1"},
                                          {"add", "second\nline", "1"},
                                          {"message", " two spaces", ""},
                                          {"message", "", ""},
                                          {"message", "\n", ""}};
  for (size_t step = 1; step <= text.size(); ++step) EXPECT_EQ(parse(text, step), expected) << step;
}

TEST(Sse, WhatIsWrittenIsReadBack) {
  std::mt19937 random(3);
  const std::string alphabet = "ab:\n \t\xc3\xa4";
  for (int round = 0; round < 2000; ++round) {
    SseEvent event;
    event.event = round % 2 ? "state" : "message";
    event.id = round % 3 ? std::to_string(round) : "";
    for (size_t i = random() % 30; i > 0; --i) event.data += alphabet[random() % alphabet.size()];
    const std::string text = sse_text(event);
    EXPECT_EQ(parse(text, 1 + random() % 8), std::vector<SseEvent>{event}) << text;
  }
}

TEST(Sse, TheSinkEndsIt) {
  SseParser parser;
  int seen = 0;
  const auto sink = [&](const SseEvent&) { return ++seen < 2; };
  EXPECT_FALSE(parser.feed("data: 1\n\ndata: 2\n\ndata: 3\n\n", sink));
  EXPECT_FALSE(parser.feed("data: 4\n\n", sink));
  EXPECT_EQ(seen, 2);
}

TEST(Sse, ALineAndAnEventHaveLimits) {
  const auto sink = [](const SseEvent&) { return true; };
  {
    SseParser parser;
    const std::string piece(kSseLineMax / 2, 'x');
    EXPECT_TRUE(parser.feed(piece, sink));
    EXPECT_TRUE(parser.feed(piece, sink));
    EXPECT_THROW(parser.feed("x", sink), Error);
  }
  {
    SseParser parser;
    const std::string line = "data: " + std::string(kSseLineMax / 2, 'x') + "\n";
    const auto feed_all = [&] {
      for (size_t i = 0; i < 2 * kSseEventMax / kSseLineMax + 2; ++i) parser.feed(line, sink);
    };
    EXPECT_THROW(feed_all(), Error);
  }
}

TEST(Sse, SurvivesNoise) {
  std::mt19937 random(4);
  const std::string alphabet = std::string("dat:evni \r\n\xEF\xBB\xBF", 14) + '\0';
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (size_t i = random() % 60; i > 0; --i) text += alphabet[random() % alphabet.size()];
    EXPECT_EQ(parse(text, 1), parse(text, 1 + text.size())) << round;
  }
}

}  // namespace
}  // namespace ain::remote
