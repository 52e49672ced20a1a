#include "remote/http/message.h"

#include <gtest/gtest.h>

#include <random>

#include "base/files.h"
#include "base/text.h"

namespace ain::remote {
namespace {

TEST(Headers, NamesCompareWithoutCase) {
  Headers headers = {{"Content-Type", "a"}, {"X-One", "1"}, {"x-one", " 2 "}};
  EXPECT_EQ(headers.find("content-type"), "a");
  EXPECT_EQ(headers.get("X-ONE"), "1");
  EXPECT_EQ(headers.combined("x-One"), "1, 2");
  EXPECT_EQ(headers.count("x-one"), 2u);
  EXPECT_FALSE(headers.find("x-on"));
  headers.set("X-oNe", "3");
  EXPECT_EQ(headers.combined("x-one"), "3");
  headers.remove("CONTENT-TYPE");
  EXPECT_EQ(headers.size(), 1u);
}

TEST(Target, IsSplitAndDecoded) {
  const HttpRequest request("GET", "/git/a%20b/info?service=git-upload-pack&x=%2F+1&flag&y=");
  EXPECT_EQ(request.path, "/git/a b/info");
  EXPECT_EQ(request.raw_path(), "/git/a%20b/info");
  EXPECT_EQ(request.raw_query(), "service=git-upload-pack&x=%2F+1&flag&y=");
  EXPECT_EQ(request.query, (std::map<std::string, std::string>{
                               {"service", "git-upload-pack"}, {"x", "/ 1"}, {"flag", ""}, {"y", ""}}));
}

TEST(Target, RefusesWhatCouldMeanTwoThings) {
  for (const char* bad : {"",          "x",      "http://a/b", "*",        "/a/../b", "/..",   "/a/.",
                          "/%2e%2e/b", "/a%2Fb", "/a%5cb",     "/a//b",    "//a",     "/a\\b", "/%00",
                          "/%0a",      "/%7f",   "/%",         "/%4",      "/%zz",    "/a#b",  "/a b",
                          "/\xc3\xa4", "/%ff",   "/a?x=1&x=2", "/a?x=%g0", "/a?x=%ff"}) {
    EXPECT_THROW(HttpRequest("GET", bad), Error) << bad;
  }
  EXPECT_THROW(HttpRequest("GET", "/" + std::string(kTargetBytesMax, 'a')), Error);
  std::string many = "/?";
  for (size_t i = 0; i <= kQueryItemsMax; ++i) many += fmt::format("a{}&", i);
  EXPECT_THROW(HttpRequest("GET", many), Error);
}

TEST(Target, AcceptsPathsOfEveryKind) {
  EXPECT_EQ(parse_path("/"), "/");
  EXPECT_EQ(parse_path("/a/"), "/a/");
  EXPECT_EQ(parse_path("/a/..b/c..."), "/a/..b/c...");
  EXPECT_EQ(parse_path("/%C3%A4"), "/\xc3\xa4");
  EXPECT_EQ(parse_path("/a+b"), "/a+b");
}

TEST(Percent, EncodeIsUndoneByDecode) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(percent_decode(percent_encode(bytes), false), bytes);
    EXPECT_EQ(percent_decode(percent_encode(bytes), true), bytes);
  }
}

// Whatever comes in: an Error or a value that keeps the promises of the header, nothing else.
TEST(Target, SurvivesNoise) {
  const std::string alphabet = "/%.2eEfF?&=+#\\a\xc3\x80 \n0";
  std::mt19937 random(2);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string target = round % 2 ? "/" : "";
    for (size_t i = random() % 20; i > 0; --i) target += alphabet[random() % alphabet.size()];
    try {
      const HttpRequest request("GET", target);
      ++accepted;
      EXPECT_TRUE(request.path.starts_with('/'));
      EXPECT_EQ((request.path + "/").find("/../"), std::string::npos) << target;
      EXPECT_EQ((request.path + "/").find("/./"), std::string::npos) << target;
      EXPECT_EQ(request.path.find("//"), std::string::npos) << target;
      EXPECT_EQ(request.path.find('\0'), std::string::npos);
      EXPECT_TRUE(is_utf8(request.path));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
    }
  }
  EXPECT_GT(accepted, 100);
}

TEST(ErrorResponse, ComesBackAsTheSameError) {
  for (const ErrorKind kind :
       {ErrorKind::failed, ErrorKind::usage, ErrorKind::bug, ErrorKind::unreachable, ErrorKind::no_provider,
        ErrorKind::price_cap, ErrorKind::no_money, ErrorKind::refused, ErrorKind::environment,
        ErrorKind::provider_lost, ErrorKind::timed_out, ErrorKind::stopped, ErrorKind::exhausted,
        ErrorKind::attribution, ErrorKind::verification, ErrorKind::bad_signature}) {
    const HttpResponse response = error_response(Error(kind, "it is 'so'", "do that"));
    EXPECT_GE(response.status, 400);
    const Json body = Json::parse(response.body);
    EXPECT_EQ(body["error"]["code"], static_cast<int>(kind));
    EXPECT_EQ(body["error"]["kind"], kind_name(kind));
    try {
      throw_if_error(response);
      FAIL();
    } catch (const HttpFailure& error) {
      EXPECT_EQ(error.kind(), kind);
      EXPECT_EQ(error.message(), "it is 'so'");
      EXPECT_EQ(error.hint(), "do that");
      EXPECT_EQ(error.status(), response.status);
    }
  }
}

TEST(ErrorResponse, KeepsAStatusOfItsOwnAndForeignText) {
  try {
    fail_not_found("job '\xff\x1b[31m'");
  } catch (const Error& error) {
    const HttpResponse response = error_response(error);
    EXPECT_EQ(response.status, 404);
    try {
      throw_if_error(response);
      FAIL();
    } catch (const Error& back) {
      EXPECT_EQ(back.message().find('\x1b'), std::string::npos);
    }
  }
}

TEST(ErrorResponse, ABodyThatIsNoneStillFails) {
  for (const char* body :
       {"", "<html>", "{}", "{\"error\":1}", "{\"error\":{\"kind\":\"no_money\"}}", "[]"}) {
    HttpResponse response = text_response(502, body);
    try {
      throw_if_error(response);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::failed);
      EXPECT_NE(error.message().find("502"), std::string::npos);
    }
  }
  EXPECT_NO_THROW(throw_if_error(text_response(399, "")));
}

TEST(FileResponse, StreamsTheFileAndRefusesOthers) {
  const TemporaryFolder folder("ain-message-test");
  const std::string content(700'000, 'q');
  write_new_file(folder.path() / "f", content);
  write_new_file(folder.path() / "empty", "");
  for (const auto& [name, expected] : {std::pair<std::string, std::string>{"f", content}, {"empty", ""}}) {
    HttpResponse response = file_response(folder.path() / name);
    EXPECT_EQ(response.stream_size, static_cast<int64_t>(expected.size()));
    std::string all, chunk;
    bool more = true;
    while (more) {
      more = response.stream(chunk);
      all += chunk;
    }
    EXPECT_EQ(all, expected);
  }
  EXPECT_THROW(file_response(folder.path() / "none"), Error);
  EXPECT_THROW(file_response(folder.path()), Error);
}

TEST(BodyFile, ATemporaryOneGoesWithItsLastOwner) {
  const TemporaryFolder folder("ain-message-test");
  write_new_file(folder.path() / "t", "x");
  write_new_file(folder.path() / "e", "x");
  auto temporary = BodyFile::temporary(folder.path() / "t");
  auto existing = BodyFile::existing(folder.path() / "e");
  auto second = temporary;
  temporary.reset();
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "t"));
  second.reset();
  existing.reset();
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "t"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "e"));
}

}  // namespace
}  // namespace ain::remote
