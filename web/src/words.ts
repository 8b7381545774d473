/** What the pages say, in both languages: [English, Chinese]. `{name}` is replaced by what a page passes. */
import { signal } from "@preact/signals";

export type Language = "en" | "zh";

const STORED = "ai-failover-language";

export const language = signal<Language>(initialLanguage());

function initialLanguage(): Language {
  const kept = localStorage.getItem(STORED);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export function setLanguage(next: Language): void {
  localStorage.setItem(STORED, next);
  language.value = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
}

const WORDS = {
  overview: ["Overview", "总览"],
  providers: ["Providers", "服务商"],
  providersTitle: ["Providers and tokens", "服务商与 Token"],
  routes: ["Routes", "路由"],
  requests: ["Requests", "请求"],
  tryIt: ["Try it", "试用"],
  dryRun: ["Dry run", "预演"],
  skip: ["Skip to the content", "跳到正文"],
  light: ["Light", "浅色"],
  dark: ["Dark", "深色"],
  logOut: ["Log out", "退出登录"],

  servingOn: ["Serving on", "正在服务："],
  withDemo: ["with demo providers. A token of yours replaces them.", "由演示服务商应答。填入自己的 Token 即可替换。"],
  gatewayDown: ["The gateway does not answer.", "网关没有应答。"],
  offline: ["This page has lost the console. It tries again by itself.", "页面与控制台断开了，正在自动重连。"],
  fileError: ["{file} has mistakes; what was served before goes on.", "{file} 有错误；之前的配置继续生效。"],
  saved: ["saved {time}", "保存于 {time}"],
  undo: ["Undo", "撤销"],
  undone: ["The last change was undone.", "已撤销上一次修改。"],
  needAttention: ["{n} need attention", "{n} 项需要处理"],
  readOnly: ["The file is read-only: copy a change into it by hand.", "文件只读：请手动把修改复制进去。"],

  firstTitle: ["Connect your first provider", "接入第一个服务商"],
  firstText: [
    "One minute. You can change all of it later; everything is kept in {file}.",
    "一分钟即可，之后都能修改；所有内容保存在 {file}。",
  ],
  addProvider: ["Add a provider", "添加服务商"],
  step1: ["1. Provider", "1. 服务商"],
  step2: ["2. ApiToken", "2. ApiToken"],
  step3: ["3. Result", "3. 结果"],
  type: ["Type", "类型"],
  typeNote: [
    "{n} types; any OpenAI-compatible address is type openai with a url",
    "{n} 种类型；任何兼容 OpenAI 的地址可用 openai 加 url",
  ],
  address: ["Address", "地址"],
  addressNote: ["tokens go to this address only", "Token 只会发往这个地址"],
  tokensField: ["Tokens, one a line", "Token，每行一个"],
  tokensNote: [
    "“name = token” gives it a name. Hidden while you type; never shown after saving.",
    "“名称 = Token” 可为其命名。输入时隐藏，保存后不再显示。",
  ],
  keepInFile: [
    "Each is kept in a file of its own: {file} …, mode 0600. Envoy’s own admin interface can show it; a variable is not shown, but needs a restart.",
    "每个 Token 单独存一个文件：{file} …，权限 0600。Envoy 自带的管理接口能看到它；环境变量则看不到，但需要重启。",
  ],
  show: ["Show", "显示"],
  hide: ["Hide", "隐藏"],
  testAndSave: ["Test and save", "测试并保存"],
  saveOnly: ["Save without a test", "不测试直接保存"],
  testNote: [
    "The test asks for one token of output each, and never changes the health state.",
    "测试对每个 Token 请求一个输出 token，不会改变健康状态。",
  ],
  modelForTest: ["Model for the test", "测试用的模型"],
  modelForTestNote: ["empty: the free list of models", "留空：使用免费的模型列表接口"],
  works: ["works", "可用"],
  refused: ["refused", "被拒绝"],
  limited: ["rate-limited", "限流中"],
  unreachable: ["not reached", "无法连接"],
  unclear: ["unclear", "结果不明"],
  savedAllTheSame: [
    "saved all the same: the first request that meets it takes it out",
    "仍已保存：第一个用到它的请求会将其停用",
  ],
  gatewayAnswers: ["Your gateway answers. Try it:", "网关已就绪，试一下："],
  copy: ["Copy", "复制"],
  copied: ["Copied", "已复制"],
  addSecond: ["Add a second provider, for fallback", "再添加一个服务商用于兜底"],
  tryHere: ["Try it here", "在这里试用"],
  noToken: ["No token at hand?", "手头没有 Token？"],
  lookAround: ["Look around first with demo providers", "先用演示服务商看看"],

  attention: ["Needs attention", "需要处理"],
  nothingToDo: ["Nothing needs you.", "没有需要处理的事。"],
  outFor: ["{token} is out · {cause}", "{token} 已停用 · {cause}"],
  providerSays: ["The provider says: “{words}”", "服务商返回：“{words}”"],
  noFallback: ["Route {route} has no fallback", "路由 {route} 没有兜底"],
  noFallbackText: ["If {provider} fails, its requests fail.", "如果 {provider} 出错，请求就会失败。"],
  addFallback: ["Add a fallback", "添加兜底"],
  replaceToken: ["Replace token", "更换 Token"],
  servedAtOnce: ["Served at once", "一次答复"],
  rescued: ["Rescued", "已救回"],
  failed: ["Failed", "失败"],
  returned: ["Returned", "原样返回"],
  refusedByGateway: ["Refused", "已拒绝"],
  clientLeft: ["Client left", "客户端离开"],
  inAll: ["since the start", "启动以来"],
  whoAnswers: ["Who answers now", "现在由谁应答"],
  route: ["Route", "路由"],
  models: ["Models", "模型"],
  answersNow: ["Answers now", "现在应答"],
  ifThatFails: ["If that fails", "如果失败"],
  liveHops: ["Live hops", "可用候选"],
  nOfM: ["{n} of {m}", "{n} / {m}"],
  nothingFollows: ["no fallback", "没有兜底"],
  nobodyAnswers: ["nobody", "无"],
  lastEvents: ["Last changes", "最近变化"],
  noEvents: ["Nothing has been taken out since the start.", "启动以来没有停用任何对象。"],
  noStatus: [
    "The gateway tells no live state: turn status.enabled on.",
    "网关没有提供实时状态：请开启 status.enabled。",
  ],
  ago: ["{time} ago", "{time} 前"],

  live: ["live", "可用"],
  "half-open": ["half-open", "半开"],
  "rate-limited": ["rate-limited", "限流中"],
  out: ["out", "停用"],
  "taken-out": ["taken out", "人工停用"],
  "no-token": ["no token", "缺少 Token"],

  tokens: ["Tokens", "Token"],
  allTokens: ["All {n} tokens", "全部 {n} 个 Token"],
  addTokens: ["Add tokens", "添加 Token"],
  test: ["Test", "测试"],
  testAll: ["Test all", "全部测试"],
  takeOut: ["Take out", "停用"],
  takeOutFor: ["Take out for 10 min", "停用 10 分钟"],
  bringBack: ["Bring back", "恢复"],
  tryNow: ["Try now", "立即试探"],
  replace: ["Replace", "更换"],
  remove: ["Remove", "移除"],
  removeProvider: ["Remove the provider", "移除服务商"],
  removeAsk: ["Remove {name}? The change is shown before it is applied.", "移除 {name}？应用前会先显示改动。"],
  cause: ["Cause", "原因"],
  says: ["Provider says", "服务商返回"],
  outSince: ["Out since", "停用于"],
  until: ["Until", "直到"],
  only: ["Only", "仅"],
  onlyModel: ["{model}; other models are live", "{model}；其他模型可用"],
  byRequest: ["by request {id}", "由请求 {id} 触发"],
  aGoodTrial: ["a good trial; next in {time}", "试探成功；下次在 {time} 后"],
  inTime: ["in {time}", "{time} 后"],
  aPerson: ["until a person brings it back", "直到人工恢复"],
  storedIn: ["stored in {file}", "保存在 {file}"],
  fromVariable: ["from the variable {name}", "来自环境变量 {name}"],
  typedInFile: ["typed in the configuration", "直接写在配置中"],
  missingToken: ["not set", "未设置"],
  settings: ["Settings", "设置"],
  showAll: ["Show all {n} fields", "显示全部 {n} 个字段"],
  showFewer: ["Show fewer fields", "显示较少字段"],
  takeOutProvider: ["Take out the provider", "停用该服务商"],
  takenOutUntil: ["taken out", "人工停用"],
  searchTokens: ["Find a token by its name", "按名称查找 Token"],
  onlyNotLive: ["only those that are not live", "仅看不可用的"],
  tokenDetails: ["Details", "详情"],
  default: ["default", "默认"],
  changed: ["changed", "已修改"],
  reviewAndApply: ["Review and apply", "查看并应用"],
  cancel: ["Cancel", "取消"],
  apply: ["Apply", "应用"],
  applied: ["Applied.", "已应用。"],
  linesChanged: ["{a} lines added, {r} removed", "增加 {a} 行，删除 {r} 行"],
  checked: [
    "Checked by the module: no errors. Takes effect at once; no call is cut.",
    "模块检查通过：没有错误。立即生效，不会中断请求。",
  ],
  restartNeeded: ["Counts only after a restart: {fields}", "重启后才生效：{fields}"],
  reenter: [
    "The address of {names} changes: enter its tokens again, they do not go to another host.",
    "{names} 的地址变了：请重新填写 Token，旧 Token 不会发往新地址。",
  ],
  conflict: [
    "The file was changed meanwhile. Nothing was saved; this is the change on the new text.",
    "文件已被他人修改，未保存；下面是针对新内容的改动。",
  ],
  editedElsewhere: [
    "The file was saved at {time}, by hand or in another window. Nothing of yours is lost: this is your change on the new text.",
    "文件在 {time} 被手动或从另一个窗口保存过。您的内容没有丢失：下面是针对新内容的改动。",
  ],
  goneMeanwhile: ["{name} was removed or renamed meanwhile.", "{name} 已被移除或改名。"],
  allowed: ["Allowed: {what}", "允许：{what}"],
  copyDiff: ["Copy diff", "复制改动"],

  fallback: ["Fallback", "兜底"],
  fallbackOn: ["Go on with another provider after all tokens failed", "所有 Token 失败后转到其他服务商"],
  turnOn: ["Turn on: {from} → {to}", "开启：{from} → {to}"],
  modelThere: ["Model there", "在该处的模型"],
  sameModel: ["same model", "同名模型"],
  moveUp: ["Move up", "上移"],
  moveDown: ["Move down", "下移"],
  moved: ["{name} is now {position}", "{name} 现在位于第 {position} 位"],
  add: ["Add", "添加"],
  edit: ["Edit", "编辑"],
  limits: ["Limits and guard", "时限与保护"],
  matches: ["Models that it serves", "匹配的模型"],
  beginsWith: ["begins with", "前缀"],
  equals: ["is", "等于"],
  chain: ["The chain", "链路"],
  chainWith: ["The chain with your change", "修改后的链路"],
  afterFailure: ["failed", "失败后"],
  addRoute: ["Add a route", "添加路由"],
  name: ["Name", "名称"],
  upstreams: ["First asked", "首选"],
  weight: ["Weight", "权重"],

  model: ["Model", "模型"],
  message: ["Message", "消息"],
  stream: ["Stream", "流式"],
  send: ["Send", "发送"],
  sendFive: ["Send 5 times", "发送 5 次"],
  stop: ["Stop", "停止"],
  clientKey: ["Client key", "客户端密钥"],
  answer: ["Answer", "回答"],
  trail: ["Trail", "轨迹"],
  trailEmpty: ["Send a request: every attempt appears here.", "发送一个请求：每次尝试都会显示在这里。"],
  answeredBy: ["answered by {provider}", "由 {provider} 应答"],
  noAnswer: ["no answer", "没有回答"],
  offerFallback: ["Its route has no fallback that is on.", "该路由没有开启兜底。"],
  offerNewFallback: ["Its route has no fallback.", "该路由没有兜底。"],
  faults: ["Break a demo provider", "让演示服务商出错"],
  breakAll: ["Break all of {provider}", "让 {provider} 全部出错"],
  mendAll: ["Mend all", "全部恢复"],
  ok: ["ok", "正常"],
  snippets: ["From your own code", "在代码中使用"],
  defaultMessage: ["Who are you?", "你是谁？"],

  line: ["line {n}", "第 {n} 行"],
  mendByHand: ["Mend it in an editor; it is read again when it is saved.", "请在编辑器中修正，保存后会重新读取。"],
  noLiveHop: ["Route {route} has no live hop", "路由 {route} 没有可用候选"],
  noLiveHopText: ["Its requests fail until one is back.", "在恢复之前，其请求都会失败。"],

  dryRunText: [
    "What would happen to a request now. Nothing is sent, and it costs nothing.",
    "此刻这个请求会怎样。不发送任何请求，不产生费用。",
  ],
  dryRunLive: ["Updates as you type and as states change.", "随输入和状态变化而更新。"],
  dryRunNow: ["Dry run this now", "用它预演"],
  dryRunChange: ["Dry run with this change", "用此修改预演"],
  request: ["Request", "请求"],
  wholeBody: ["Whole body", "请求体"],
  bodyField: ["Body, as a client sends it", "客户端发送的请求体"],
  wayItTakes: ["The way it would take", "会走的路"],
  everyModel: ["takes every model.", "匹配所有模型。"],
  matchedBy: ["chosen by “{what}”.", "由 “{what}” 匹配。"],
  drawn: [
    "Its first upstream is drawn by weight: another request may begin with another one.",
    "首选上游按权重抽取：另一个请求可能从别处开始。",
  ],
  goesTo: ["It goes to {hop}", "会去 {hop}"],
  andThen: [", and to {hop} if that fails.", "，失败则去 {hop}。"],
  andThenNothing: [". Nothing follows if that fails.", "。若失败，没有后续。"],
  hopsSkipped: ["{n} skipped.", "跳过 {n} 个候选。"],
  itWaits: ["It waits {time} for a rate limit to pass.", "等待 {time}，直到限流结束。"],
  itIsRefused: ["It is refused: {status}", "会被拒绝：{status}"],
  itAnswers: ["The gateway answers it by itself.", "由网关自己应答。"],
  itIsUntouched: ["No configuration has a part for it.", "没有配置处理它。"],
  lacksKey: ["A client without one of the clientKeys would be refused.", "没有客户端密钥的调用方会被拒绝。"],
  unknownVariables: ["Not set in the gateway: {names}", "网关中未设置：{names}"],
  skipped: ["Skipped:", "跳过："],
  isTrial: ["The trial that finds out whether it works again.", "用于确认是否恢复的试探。"],
  noTokenForModel: ["no token is for this model.", "没有 Token 可用于该模型。"],
  notForModel: ["not for this model.", "不用于该模型。"],
  forThisModel: ["for this model", "（仅该模型）"],
  triedNow: ["may be tried now", "现在即可试探"],
  tokensLive: ["{n} of {m} tokens can be asked ({choice}).", "{m} 个 Token 中 {n} 个可用（{choice}）。"],
  ifAllFail: [
    "If all {n} fail: the client gets the last answer, or a 503 of the gateway.",
    "若 {n} 个都失败：客户端得到最后的回答，或网关的 503。",
  ],
  limitsOfIt: [
    "All of it within {timeout}; it waits for rate limits at most {wait}.",
    "总时限 {timeout}；限流最多等待 {wait}。",
  ],
  leftOutApi: ["left out: it does not speak {api}.", "不参与：不支持 {api}。"],
  leftOutModel: ["left out: the client wants the same model only.", "不参与：客户端只要同一模型。"],
  sentToProvider: ["What the first one is sent", "发给首个服务商的内容"],
  headersSet: ["Set", "设置"],
  headersPassed: ["Passed on", "透传"],
  headersDropped: ["Dropped", "丢弃"],

  fiveMinutes: ["5 min", "5 分钟"],
  oneHour: ["1 h", "1 小时"],
  oneDay: ["24 h", "24 小时"],
  lastFiveMinutes: ["The last 5 minutes", "最近 5 分钟"],
  lastHour: ["The last hour", "最近 1 小时"],
  lastDay: ["The last 24 hours", "最近 24 小时"],
  timeShown: ["Time that is shown", "显示的时间范围"],
  sinceTime: ["since {time}", "自 {time}"],
  medianMore: ["+{time} median", "中位数 +{time}"],
  medianP95: ["median; p95 {time}; of the last {n}", "中位数；p95 {time}；最近 {n} 个"],
  alsoOthers: [
    "also {returned} returned, {refused} refused, {left} client left",
    "另有原样返回 {returned}、已拒绝 {refused}、客户端离开 {left}",
  ],
  allRequests: ["All requests", "全部请求"],
  others: ["returned, refused, left", "返回、拒绝、离开"],
  unshownLanes: ["{n} more tokens were live all the time.", "另有 {n} 个 Token 一直可用。"],
  perSeconds: ["per {s} s, at most {n}", "每 {s} 秒，最多 {n}"],
  perMinutes: ["per {m} min, at most {n}", "每 {m} 分钟，最多 {n}"],
  chartText: [
    "{n} requests, {rescued} of them rescued, {failed} failed. Out in this time: {out}.",
    "{n} 个请求，其中 {rescued} 个已救回，{failed} 个失败。期间停用过：{out}。",
  ],
  takenOutBy: ["taken out by {name}", "由 {name} 停用"],
  byWhom: ["by {name}", "由 {name}"],

  requestsText: ["Prompts, answers and tokens are never kept.", "从不保存提示词、回答和 Token。"],
  noRequests: ["No request has come yet.", "还没有收到请求。"],
  noRequestsText: ["Send one here, or point a client at", "可以在这里发送一个，或让客户端指向"],
  noneFits: ["No request of the last {n} fits the filter.", "最近 {n} 个请求中没有符合筛选条件的。"],
  allRoutes: ["All routes", "全部路由"],
  allOutcomes: ["All outcomes", "全部结果"],
  anyCause: ["Any cause", "全部原因"],
  onlyFailed: ["only with a failure", "仅看有失败的"],
  lastShown: ["last {n} · {m} shown", "最近 {n} 个 · 显示 {m} 个"],
  showNew: ["{n} new · Show", "{n} 个新请求 · 显示"],
  pause: ["Pause", "暂停"],
  goOn: ["Go on", "继续"],
  close: ["Close", "关闭"],
  time: ["Time", "时间"],
  askedServed: ["Asked → served by", "请求 → 应答者"],
  outcome: ["Outcome", "结果"],
  "outcome-served": ["served", "已答复"],
  "outcome-rescued": ["rescued", "已救回"],
  "outcome-returned": ["returned", "原样返回"],
  "outcome-refused": ["refused", "已拒绝"],
  "outcome-failed": ["failed", "失败"],
  "outcome-client-left": ["client left", "客户端离开"],
  asked: ["Asked", "请求"],
  servedBy: ["Served by", "应答者"],
  client: ["Client", "客户端"],
  anyClient: ["any", "任意"],
  streamed: ["streamed", "流式"],
  plain: ["not streamed", "非流式"],
  rescueCost: ["the rescue cost {time}", "救回耗时 {time}"],
  firstToken: ["First token", "首个 token"],
  whatHappened: ["What happened", "经过"],
  arrived: ["Arrived", "收到请求"],
  noAttempt: ["No attempt was made.", "没有进行任何尝试。"],
  stopped: ["Stopped", "结束"],
  copyTrail: ["Copy trail", "复制轨迹"],
  unknownRequest: ["This request is no longer among the last {n}.", "该请求已不在最近 {n} 个之中。"],
  triedOpen: ["tried although it was out: nothing else was left", "虽已停用仍被尝试：别无选择"],
  firstTokenAfter: ["First token after {time} in all.", "总计 {time} 后得到首个 token。"],
  goesSameToken: ["Went on: the same token once more.", "继续：同一 Token 再试一次。"],
  goesOnceMore: [
    "Went on: {provider} once more, in case it was a passing fault.",
    "继续：再问一次 {provider}，也许只是偶发故障。",
  ],
  goesNextToken: ["Went on: another token of {provider} could be asked.", "继续：换 {provider} 的另一个 Token。"],
  goesNextProvider: [
    "Went on to {next}: no other token of {provider} could be asked.",
    "转到 {next}：{provider} 没有其他可用的 Token。",
  ],
  goesFromProvider: [
    "Went on to {next}: this failure is not the token’s, another one of {provider} would not help.",
    "转到 {next}：失败与 Token 无关，换 {provider} 的其他 Token 也无济于事。",
  ],
  endServed: ["a good answer.", "得到了正常的回答。"],
  endReturned: [
    "the provider’s answer went to the client: it is about the request itself, no other hop would say otherwise.",
    "服务商的回答原样返回客户端：问题在请求本身，换谁都一样。",
  ],
  endFailed: ["no hop was left that could be tried.", "没有可以尝试的候选了。"],
  endBroken: ["the answer broke off after a part of it had gone to the client.", "回答已有一部分发给客户端后中断。"],
  endLeft: ["the client closed the connection.", "客户端断开了连接。"],
  endRefused: ["the gateway refused it: {why}", "网关拒绝了它：{why}"],
  why400: ["the request is not valid.", "请求无效。"],
  why401: ["the client’s key is missing or unknown.", "客户端密钥缺失或未知。"],
  why404: ["no route fits its model or path.", "没有路由匹配其模型或路径。"],
  why413: ["its body is too large.", "请求体过大。"],
  why429: ["every hop is rate-limited for longer than it may wait.", "所有候选都在限流，超出了可等待的时间。"],
  why503: ["no hop could be tried now.", "此刻没有可尝试的候选。"],
  why504: ["its time was used up.", "时间已用完。"],
  whyOther: ["status {status}.", "状态码 {status}。"],

  password: ["Password", "密码"],
  logIn: ["Log in", "登录"],
  wrongPassword: ["The password is wrong; {n} tries left.", "密码错误；还可尝试 {n} 次。"],
  waitForTry: ["The password is wrong; try again in {time}.", "密码错误；请 {time} 后再试。"],
} satisfies Record<string, readonly [string, string]>;

export type Word = keyof typeof WORDS;

/** A text in the chosen language. */
export function t(word: Word, values: Record<string, string | number> = {}): string {
  const text = WORDS[word][language.value === "zh" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** What a cause means; the identifier itself stays as log and metrics have it. */
export const CAUSES_ZH: Record<string, string> = {
  credential: "凭证错误",
  quota: "额度用尽",
  "rate-limit": "限流",
  model: "模型不可用",
  api: "接口不支持",
  caller: "请求错误",
  provider: "服务商故障",
  connect: "连接失败",
  slow: "响应过慢",
  "broken-stream": "流中断",
  local: "网关自身",
};

export const causeText = (cause: string): string =>
  language.value === "zh" && CAUSES_ZH[cause] ? `${cause}（${CAUSES_ZH[cause]}）` : cause;

/** The time of day where the page is; with its milliseconds where it is exact. */
export function clockText(unixMs: number, isExact = false): string {
  const date = new Date(unixMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return isExact ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}` : time;
}

/** "350 ms", "4.2 s", "12 min", "3 h" of milliseconds. */
export function timeText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
