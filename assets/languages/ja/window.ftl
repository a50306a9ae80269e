# ウィンドウの文。場所ごとにまとめてあります。ボタンの文は短く。

## いくつもの場所に出る言葉

open = 開く…
open-tip = 画像ファイルを開く (O)
paste = 貼り付け
paste-tip = クリップボードから (Ctrl V)
cancel = キャンセル
close = 閉じる
close-tip = 閉じる (Esc)
undo = 元に戻す
put-back = 元に戻す
save = 保存
rename = 名前を変更
copy-commands = コマンドをコピー
key-ctrl = Ctrl { $key }
key-space = Space
key-enter = Enter
pasted-name = 貼り付けた画像
pasted-opening = 貼り付けた画像
untitled = 肖像
file-saved = { $file } を保存しました
megabytes = { $number } MB
kilobytes = { $number } kB

## プログラムがつける名前

portrait-garden = 麦わら帽子の昼
portrait-lady = 茶色の貴婦人
portrait-dutch = 深紅の帽子
portrait-chalk = 老いた水先案内人
performance-talk = 話す
performance-laugh = 笑う
performance-doubt = 疑う
performance-look-around = 見回す
reader-face = 顔読み取り
preset-natural = 自然
preset-natural-tip = すべて自分の動きのまま
preset-lively = 元気
preset-lively-tip = 動きの少ない人のために、すべて少し大きく
preset-theatre = 舞台
preset-theatre-tip = 最後列からも見える大きな身ぶり
preset-eyes = 目だけ
preset-eyes-tip = 頭は動かず、目だけがついてきます

## 言語のメニュー

language = 言語
language-system = システムに合わせる：{ $name }
language-japanese = 日本語
language-chinese = 中国語（簡体字）
language-no-font = この言語のフォントがありません。Noto Sans CJK などを入れて、Retrato を起動し直してください
language-no-font-start = { $language }のフォントがないため、英語で表示します。Noto Sans CJK などを入れて、Retrato を起動し直してください

## 肖像のない舞台

empty-title = ここに肖像をドロップ
empty-note = 絵、写真、スケッチ。顔があれば何でも。あなたと同じように見て、話し、まばたきします。
empty-no-drop = Wayland ではまだドロップできません。「開く」か「貼り付け」を使ってください。
empty-try = またはここから選ぶ
drop-portrait = 離すと動き出します
drop-driver = 離すと肖像を動かします
drop-neither = 画像でも動画でもありません
drop-more = { $list } ほか { $count } 件

## 肖像のある舞台

stage-portrait = 肖像：{ $name }
stage-caption-drop = { $name }  ·  自分の肖像をドロップできます
stage-caption-open = { $name }  ·  O で自分の肖像を開く
stage-opening = { $name } を開いています…
stage-clipboard = クリップボードを読んでいます…
stage-replay = 再生
stage-show-panel = パネルを表示 (P)
no-face = 顔がありません。カメラを見てください
no-face-clip = 動画のここには顔がありません
driver-stalled-pill = { $name } から { $seconds } 秒間届きません。ケーブルを確認
countdown-label = 録画まで { $number }、Esc で取り消し
countdown-cancel = Esc で取り消し

## 舞台の上のカメラ映像

inset-label = カメラ映像：{ $seen }
inset-face = 顔が見つかりました
inset-lids = まぶた
inset-mouth = 口
inset-brows = 眉
inset-hide = カメラ映像を隠す (C)
inset-show = カメラ映像を表示 (C)
sight-loading = 読み取りを準備中
sight-dark = 暗すぎます。明かりを
sight-turned = カメラの方を見て
sight-small = 遠すぎます。近くへ
sight-gone = 画面の中に戻って
sight-unknown = 顔が見つかりません

## 構図

framing-tip = 表示して録画する範囲
framing-head = 頭
framing-bust = 頭と肩
framing-whole = 全体
framing-note = 手で：ホイールで近づき、ドラッグで動かし、ダブルクリックで全体。録画、写真、仮想カメラも同じ範囲を映します。
panes-alone = 動く肖像を録画
panes-before-after = 前と後を録画
panes-triptych = 自分、元の絵、動く絵を録画
panes-triptych-note = 録画には自分も映ります。
mark = 録画と写真に印を付ける
mark-tip = すべての画像の隅に SYNTHETIC と表示します
background = 背景
background-own = 絵そのものの背景
background-blurred = ぼかした背景
background-green = 緑（クロマキー用）
background-transparent = 透明（写真用）
background-transparent-note = 録画と仮想カメラは透明にできません。緑を選んでください。
background-colour = 背景 { $colour }
background-other = ほかの色
background-number = 色の番号
background-no-film = 録画は透明にできません。緑を選び、あとで抜いてください。写真は透明のままです。
output = 出力ウィンドウ
output-tip = 肖像だけを別のウィンドウに表示します（OBS やプロジェクター用）：F11 で全画面、Esc で閉じます (W)

## 顔はどこ？

face-number = 顔 { $number }
face-box = 顔を囲む枠：ドラッグで描き、矢印キーで動かし、プラスとマイナスで大きさを変えます
face-which = { $name } に顔が { $count } つあります。どれを動かしますか？
face-none = { $name } に顔が見つかりません。眉からあごまで枠をドラッグしてください。
face-draw = 眉からあごまで、顔を囲む枠をドラッグしてください。
face-use-box = この枠を使う
face-use = この顔を使う
face-draw-instead = 枠を描く
face-draw-instead-tip = どれも違う
face-keep-largest = いちばん大きい顔のまま (Esc)
face-do-not-open = この画像を開かない (Esc)

## ギャラリー

gallery-all = すべての肖像
gallery-all-count = 全 { $count } 件
gallery-all-tip = すべての肖像：自分のものと付属のもの (G)
gallery-portrait-missing = 肖像：{ $name }、ファイルがありません
gallery-remove = { $name } を外す
sheet-title = 肖像
sheet-close = 肖像を閉じる (Esc)
sheet-own = 自分の肖像、新しい順
sheet-own-none = 開いた肖像は、顔、動き、ほかの画像とともにここに残ります。
sheet-built-in = Retrato に付属
sheet-missing = ファイルなし
sheet-missing-tip = { $file } がありません。ファイルを戻してここをクリックするか、一覧から外してください
sheet-keep = { $name } を先頭に置く
sheet-keep-not = { $name } を先頭に置かない
sheet-other-face = { $name } の別の顔を選ぶ
sheet-take-off = { $name } を一覧から外す
sheet-taken-off = 「{ $name }」を一覧から外しました

## パネル：先頭、肖像

panel-hide = パネルを隠す (P)
panel-help = ヘルプとキー (F1)
portrait = 肖像
portrait-open-tip = 肖像を開く (O)
further-add = この人の画像を追加…
further-add-short = 追加…
further-tip = 歯や閉じた目など、この画像にないものを、同じ人の別の画像から補います (A)
further-none = ネットワークがないと、肖像は 1 枚の画像だけで作られます
further-count = この人の画像 { $count } 枚
likeness-improve = 似せる
likeness-improve-tip = この人の画像をすべて学びます。30 秒から 2 分。目と口には複数の画像が必要です
likeness-learning = 学習中 { $percent } %
likeness-cancel-tip = 学習をやめます。肖像は前のままです
likeness-undo-tip = 学んだことを忘れる
likeness-improved = より似ています
likeness-improved-tip = この人の画像を学びました。次回もそのままです

## パネル：肖像を動かすもの

driver = 動かすもの
driver-read-by = 読み取り
driver-reader = 読み取り
driver-reader-tip = 顔を読み取るもの
driver-reader-best = いちばん良いもの
driver-reader-best-tip = 細かな動きまで読む顔読み取り。ないときや顔が見えないときは dlib
driver-reader-dlib = dlib だけ
driver-reader-dlib-tip = 68 点。比べるため、また顔読み取りが間違える顔のため
driver-camera = カメラ
driver-camera-tip = 自分の顔を映すカメラ
driver-cameras-looking = カメラを探しています…
driver-cameras-none = カメラがありません
driver-cameras-choose = カメラを選ぶ
driver-cameras-plug = つないでから矢印を押してください
camera-looking = 確認中 …
camera-drives = いま肖像を動かしています
camera-busy = ほかのプログラムが使用中
camera-forbidden = 使う許可がありません
camera-fails = 映像なし
camera-formats = { $size }、{ $rate } fps
camera-formats-most = { $size }、{ $rate } fps、最大 { $most }
camera-busy-tip = ほかのプログラムを閉じるか、別のカメラを選んでください
camera-forbidden-tip = システムの設定でカメラの使用を許可してください。Linux ではユーザーを video グループに入れます
driver-cameras-again = もう一度カメラを探す
driver-performance-tip = 保存された演技：画像のない動き
driver-clip = 動画…
driver-clip-tip = 動画または保存された演技
driver-it = それ
driver-the-camera = カメラ
driver-nothing = まだ何も肖像を動かしていません
driver-running = { $name }、{ $rate } fps
driver-stalled = { $name } から { $seconds } 秒間届きません。ケーブルを確認してください
driver-ended = { $name } は終わりました
driver-failed = { $name } は使えません。ほかのものを選んでください

## パネル：動画の再生

play = 再生
pause = 一時停止
play-place = 動画の位置
play-waits = 肖像があると始まります。
play-again = 終わったら最初から
play-once = 終わったら止まる
play-speed = 動画の速さ
play-speed-tip = 再生の速さ
speed-quarter = 4 分の 1
speed-half = 半分
speed-own = ふつう
speed-more = 1.5 倍
speed-double = 2 倍
play-neutral = ここを基準に
play-neutral-tip = 力を抜いて正面を見ているところで止めて押します。動きはこの画像から測られます

## パネル：動き

motion = 動き
motion-undo = 元に戻す (Ctrl Z)
motion-redo = やり直す (Ctrl Y)
motion-neutral = 今の顔を基準に
motion-neutral-tip = 力を抜いて正面を見て押します。動きはそこから測られます
motion-neutral-not = 先に肖像を開いてください
motion-own-tip = 自分の設定。右クリックで外せます
motion-own-set-tip = 自分の設定。もう一度クリックで外せます
motion-remove = { $name } を外す
motion-save = 保存…
motion-save-tip = この動きに名前をつけて残す、または選んだ設定の名前を変える
motion-name = この動きの名前
motion-head = 頭
motion-head-tip = 頭の回転、うなずき、傾きの大きさ
motion-eyes = 目
motion-eyes-tip = まばたき、細めた目、見開いた目
motion-gaze = 視線
motion-gaze-tip = 目が見回す大きさ
motion-brows = 眉
motion-brows-tip = 眉を上げたり寄せたりする大きさ
motion-mouth = 口
motion-mouth-tip = 唇とあごの動きの大きさ
motion-smoothing = なめらかさ
motion-smoothing-tip = 大きいほど落ち着き、少し遅れます
motion-mirror = 鏡
motion-mirror-tip = 肖像が鏡の中の自分のように動きます (M)
slider-back = ダブルクリックで { $percent } % に戻す
slider-number = { $label }（パーセント）
slider-number-tip = クリックして数を入力

## パネル：たまに使うもの

more = その他
more-tip = この人の画像、背景、仮想カメラ、速さ
virtual-camera = 仮想カメラ
virtual-camera-tip = ビデオ通話などのプログラムが、この肖像をカメラとして選べます
virtual-camera-opening = 装置を開いています…
virtual-camera-choose = ほかのプログラムでカメラ { $name } を選んでください
virtual-camera-commands-tip = 端末に貼り付けてください
speed = 速さ
speed-unknown = まだ不明
speed-tip = 画像を作るもの
speed-recording = 変えるには録画を止めてください
speed-auto = 自動
speed-auto-tip = 速ければグラフィックス
speed-cpu = CPU
speed-cpu-tip = 主プロセッサー
speed-gpu = GPU
speed-gpu-tip = グラフィックス。ソフトウェアだけのものも
speed-now = 現在：{ $why }
speed-no-networks = この肖像にはネットワークを使いません：{ $why }
speed-broken = グラフィックスが続けられないため ({ $why })、CPU が画像を作ります
foot-idle = 待機中
foot-speed = { $rate } fps · { $ms } ms
foot-speed-tip = 1 秒あたりの画像の数と、カメラから画像までの時間
foot-camera = 仮想カメラ オン
foot-camera-tip = ほかのプログラムがこの肖像を見られます。スイッチは「その他」にあります

## パネル：録画

record = 録画
record-tip = 肖像を録画 (R)
record-not = 肖像を開き、カメラか動画で動かすと録画できます
record-stop = 停止   { $time }
record-stop-label = 録画を停止
record-stop-tip = 停止して録画を残す (R)
record-saving = 保存中   { $percent } %
boomerang = ブーメラン
boomerang-tip = 3 秒間、行って戻る (B)
countdown = カウントダウン
countdown-on = 3、2、1 のあとに録画します。押すとすぐ始めるようになります
countdown-with-camera = カメラでは 3、2、1 のあと、動画ではすぐ録画します。押すといつも数えます
countdown-off = すぐに録画します。押すと先に 3、2、1 を数えます
snapshot = 写真
snapshot-tip = この画像を PNG で残す (S)
sound-on = 音あり
sound-off = 音なし
sound-tip = マイク、または動画の音とともに録画
microphone = マイク
microphone-system = システムのマイク
microphone-level = マイクの音量 { $percent } %
record-earlier = これまでの録画 (L)
record-copy-path = 最後のファイルのパスをコピー
record-show = 最後のファイルをフォルダーで表示
record-slow = 1 秒に { $count } 枚だけ
record-slow-tip = このコンピューターでは遅すぎて滑らかに録画できません。ほかのプログラムを閉じるか、小さい画像を使ってください
record-slow-note = { $few }。遅すぎて滑らかに録画できませんでした。ほかのプログラムを閉じるか、小さい画像を使ってください。
record-lost = { $count } 枚を失いました
record-lost-tip = このコンピューターでは間に合いませんでした
record-saved = 保存：{ $name }
record-saved-in = 保存先：{ $folder }

## 録画のカード、再生、一覧

film-play = { $name } を再生
film-sound = 音あり
film-silent = 音なし
film-replay = 再生
film-replay-tip = ここで音とともに再生
film-trim = 切る
film-trim-tip = 始まりと終わりを選ぶ
film-copy = ファイルをコピーして、メッセージやフォルダーに貼り付ける
film-show = フォルダーで表示
film-trash = ごみ箱に入れる
film-save-as = 書き出す
film-save-as-tip = 新しいファイルを作ります。これは残ります
film-gif = GIF
film-gif-guessing = GIF（大きさを調べています）
film-gif-about = GIF、約 { $size }
film-whole = 動画、全体 (MP4)
film-square = 動画、正方形 (MP4)
film-tall = 動画、スマホ用縦長 (MP4)
film-back = 動画、行って戻る (MP4)
film-still = 静止画、今の画像 (PNG)
film-of-part = 選んだ部分から作ります。
film-name = 新しい名前
film-keep-name = 名前を変えない
film-part = { $from } – { $to }   ({ $seconds } 秒)
film-part-begin = 部分の始まり
film-part-end = 部分の終わり
film-part-at = { $end }：{ $time }
film-done = 完了
film-save-again = 書き出す
film-save-again-tip = この部分の新しいファイルを作ります。録画はそのままです
film-volume = 音量
film-end-replay = 再生を終える (Esc)
film-no-sound = 音なし：{ $why }
film-making-whole = 動画を保存中
film-making-square = 正方形の動画を保存中
film-making-tall = 縦長の動画を保存中
film-making-gif = GIF を保存中
film-making-still = 画像を保存中
film-making-back = 往復の動画を作成中
film-making = { $what }   { $percent } %
film-cancelled = 取り消しました。何も書いていません
film-no-part = 両端の間に画像がありません。端を離してください
film-no-film = { $file } は動画ではありません
film-too-long = 往復にできるのは { $seconds } 秒までの動画です。先に切ってください
film-bad-name = その名前は使えません。文字、数字、空白を使ってください
film-name-taken = { $name } というファイルはもうあります。別の名前にしてください
films-title = 録画
films-in = { $folder }
films-looking = 探しています…
films-none = まだ録画がありません。「録画」を押すと、ここに並びます。
films-one = 録画：{ $name }
age-now = たった今
age-minutes = { $count } 分前
age-hours = { $count } 時間前
age-days = { $count } 日前
age-months = { $count } か月前

## ヘルプ、このプログラム、質問

help-title = キー
help-open = 肖像を開く。長押しで元の絵
help-gallery = すべての肖像
help-further = この人の画像を追加
help-paste = 画像かパスを貼り付け
help-digits = ギャラリーの肖像、または顔
help-enter = 印のついた顔を使う
help-space = 今の顔を基準にする
help-mirror = 鏡
help-undo = 動きの変更を元に戻す
help-redo = やり直す
help-inset = カメラ映像
help-record = 録画、停止
help-boomerang = 3 秒のブーメラン
help-snapshot = 写真
help-panel = サイドパネル
help-list = これまでの録画
help-output = 出力ウィンドウ
help-alone = 画像だけ
help-tab = 次の項目
help-help = このヘルプ
help-escape = 上にあるものを閉じる
help-know = 知っておくこと
help-consent = 動かすのは、承諾した人か、遠い昔の人だけにしてください。本物と間違えられないように、動画と写真にはすべて合成の印がつきます。
help-private = 何もこのコンピューターから出ません。アカウントもネットワークも不要です。
help-about = Retrato について
help-about-tip = バージョン、ライセンス、何から学んだか
about-what = あなたの顔で肖像を動かします。このコンピューターだけで、アカウントもネットワークも不要です。
about-licences = ライセンス
about-licences-text = Retrato は自由に使えます。MIT ライセンスか Apache ライセンス 2.0 を選べます。ほかの人が作ったものは NOTICE に書かれています。
about-learnt = 何から学んだか
about-learnt-text = Retrato のネットワークは合成の頭だけから学びました。公開された頭のモデル ICT-FaceKit からプログラムが作った、実在しない人たちです。誰の写真も使っていません。顔を読むのは、ほかの人が訓練したモデルです。MediaPipe の Face Landmarker、それがないときは dlib の点です。
about-wrong = うまくいかないとき
about-log = 記録は { $path } にあります
about-copy-log = 記録のパスをコピー
about-copy-log-tip = 直す人に知らせるとき
recovery-title = { $count ->
   *[other] 途中で切れた録画が { $count } 件あります
}
recovery-file = { $name } ({ $size })
recovery-text = 録画中に Retrato が正しく終わりませんでした。そこまでの録画は再生できるようにできます。
recovery-recover = 復元
recovery-later = あとで
path-portrait = 肖像を開く
path-further = この人の画像を追加
path-driver = 動画か演技を開く
path-where-picture = ここにはファイルを選ぶ画面がありません。画像はどこですか？
path-where-file = ここにはファイルを選ぶ画面がありません。ファイルはどこですか？
path-hint = /フォルダー/ファイル
path-label = ファイルのパス
path-open = 開く
path-none = そのファイルはありません。
dialog-pictures = 画像
dialog-clips = 動画と演技
dialog-all = すべてのファイル

## お知らせ

dismiss = お知らせを消す
said-copied = クリップボードに入れました
said-path-copied = パスをクリップボードに入れました
said-no-dialog = ファイルを選ぶ画面が開きません：{ $why }
said-neither = { $name } は画像でも動画でもありません。動かす絵は JPEG、PNG、WebP、動かす側は MP4 をドロップしてください
said-one-driver = 動かせるのは一つだけです。{ $name } を使います
said-other-name = 別の名前にしてください。空か、プログラムの名前です
said-no-room = これ以上保存できません。先に一つ外してください
said-neutral = 今の顔を基準にしました
said-likeness-better = より似ました。画像に { $percent } % 近づきました
said-likeness-same = これ以上は似ませんでした。何も変えていません
said-recorded = { $file } を保存しました（{ $seconds } 秒）
said-virtual-camera = ほかのプログラムでカメラ { $name } を選べます
said-virtual-camera-commands = 仮想カメラには、コマンドで作る装置が必要です。くわしくはパネルの「その他」に
said-executor-now = 現在：{ $why }
said-executor-not = GPU を使っていません：{ $why }
said-executor-broken = グラフィックスが続けられません ({ $why })。Retrato は CPU で続けます。
said-networks-broken = ネットワークが続けられません ({ $why })。この肖像は少し劣る方法で動きます。次の肖像でもう一度試します。
said-recovered = { $file } を復元しました
said-clipboard = クリップボードを読めません：{ $why }
said-clipboard-empty = クリップボードの画像が空です。もう一度コピーしてください
said-clipboard-text = クリップボードにあるのは文字です。先に画像かそのパスをコピーしてください
said-clipboard-nothing = クリップボードに画像がありません。先に画像かそのパスをコピーしてください
said-passing = 次の起動ではこの画像はありません：{ $why }
said-replaced = 新しい肖像が前の肖像に代わりました。同じ人ですか？
said-replaced-by = 「{ $by }」が「{ $before }」に代わりました。同じ人ですか？
said-use-both = 両方の画像を使う
said-one-portrait = 肖像は一度に一つです。ほかはギャラリーで待っています
said-one-person = すべて同じ人
said-portrait-first = 先にその人の肖像を開いてから、画像を追加してください
said-made-from = この人の画像 { $count } 枚から作りました
said-film-copied = { $file } をクリップボードに入れました
said-film-path = ここではファイルをコピーできないので、パスを入れました
said-no-file-manager = ファイルマネージャーがないので、パスをクリップボードに入れました
said-trashed = { $file } をごみ箱に入れました
said-put-back = { $file } を元のフォルダーに戻しました

## 困ったとき：ファイルや装置について、プログラムの言葉は英語です

trouble-driver = これでは肖像を動かせません。{ $why }
trouble-portrait = 画像を開けません。{ $why }
trouble-background = 背景はそのままです：{ $why }
trouble-recording = 録画できませんでした。{ $why }
trouble-snapshot = 写真を保存できませんでした。{ $why }
trouble-recovery = 録画を復元できませんでした。{ $why }
trouble-likeness = 学習できませんでした。{ $why }
trouble-virtual-camera = 仮想カメラが使えません。{ $why }
trouble-film = できませんでした。{ $why }
trouble-portraits = 肖像の一覧に問題があります。{ $why }
trouble-settings = 設定について。{ $why }
trouble = お知らせ。{ $why }
