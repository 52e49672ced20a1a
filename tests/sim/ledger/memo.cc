// Half of a history's time would be Ed25519, mostly of texts verified before: in the replay, in another history. The linker puts these two
// in front of base/keys.h's verify() and is_safe_key() (--wrap, CMakeLists.txt); they are pure, so each answer is asked for once.
#include <string>
#include <unordered_map>

#include "base/hash.h"
#include "base/keys.h"

extern "C" {
bool __real__ZN3ain6verifyERKNS_9PublicKeyESt17basic_string_viewIcSt11char_traitsIcEERKSt5arrayIhLm64EE(const ain::PublicKey&, std::string_view,
                                                                                                       const ain::Signature&);
bool __real__ZN3ain11is_safe_keyERKNS_9PublicKeyE(const ain::PublicKey&);
bool __wrap__ZN3ain6verifyERKNS_9PublicKeyESt17basic_string_viewIcSt11char_traitsIcEERKSt5arrayIhLm64EE(const ain::PublicKey& key,
                                                                                                       std::string_view message,
                                                                                                       const ain::Signature& signature);
bool __wrap__ZN3ain11is_safe_keyERKNS_9PublicKeyE(const ain::PublicKey& key);
}

namespace {

constexpr size_t kAnswersMax = 200'000;

template <typename Ask>
bool once(std::unordered_map<std::string, bool>& answers, const std::string& question, Ask ask) {
  if (const auto found = answers.find(question); found != answers.end()) return found->second;
  if (answers.size() >= kAnswersMax) answers.clear();
  return answers[question] = ask();
}

}  // namespace

bool __wrap__ZN3ain6verifyERKNS_9PublicKeyESt17basic_string_viewIcSt11char_traitsIcEERKSt5arrayIhLm64EE(const ain::PublicKey& key,
                                                                                                       std::string_view message,
                                                                                                       const ain::Signature& signature) {
  thread_local std::unordered_map<std::string, bool> answers;
  std::string question(ain::as_view(key.bytes));
  question.append(ain::as_view(signature)).append(message);
  return once(answers, question, [&] {
    return __real__ZN3ain6verifyERKNS_9PublicKeyESt17basic_string_viewIcSt11char_traitsIcEERKSt5arrayIhLm64EE(key, message, signature);
  });
}

bool __wrap__ZN3ain11is_safe_keyERKNS_9PublicKeyE(const ain::PublicKey& key) {
  thread_local std::unordered_map<std::string, bool> answers;
  return once(answers, std::string(ain::as_view(key.bytes)), [&] { return __real__ZN3ain11is_safe_keyERKNS_9PublicKeyE(key); });
}
